"""The run folder: named by its inputs, whole or absent, and able to go on."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import reflexarc
from reflexarc.ensemble import BLOCK
from reflexarc.runs import ChunkFolder, RunFolder, StorageError, run_name, storage, to_json
from reflexarc.workers import Progress

EXPERIMENT = """
title: Two arms
challenge: {LPS: 5 mg/kg, route: i.p., at: 0 h}
animals: {per arm: 8}
arms:
  sham: {electroacupuncture: {site: ST36, current: 0 mA, frequency: 10 Hz, pulse width: 50 us,
                              duration: 15 min, at: -15 min}}
  leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
measure: [TNF in plasma at 90 min, survival for 2 d]
compare: {to: sham}
"""
CHILD = """
import sys, time
import reflexarc
from reflexarc import ensemble
ensemble.BLOCK["kernel"] = 1
def progress(done, total):
    print(done, flush=True)
    time.sleep(0.2)
reflexarc.run(sys.argv[1], out=sys.argv[2], progress=progress, workers=1)
"""


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    file = tmp_path / "two.yaml"
    file.write_text(EXPERIMENT)
    return file


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every animal by itself, so that a few animals are several blocks."""
    monkeypatch.setitem(BLOCK, "kernel", 1)


def counted() -> tuple[list[int], Progress]:
    seen: list[int] = []
    return seen, lambda done, _: seen.append(done)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but those that tell when the run was made."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in ("provenance.json", "manifest.json")
    }


def test_name_is_slug_and_digest_of_inputs():
    name = run_name("Leg or belly?", {"seed": 1, "n": 2})
    assert name.startswith("leg-or-belly-")
    assert name == run_name("Leg or belly?", {"n": 2, "seed": 1})
    assert name != run_name("Leg or belly?", {"n": 2, "seed": 2})
    assert run_name("", {"n": 2}).startswith("experiment-")
    assert len(run_name("x" * 500, {})) < 80
    assert "/" not in run_name("../../etc/passwd", {})


def test_json_has_no_nan():
    text = to_json({"b": float("nan"), "a": np.float64(2.5), "c": [np.int64(1), float("inf")]})
    assert json.loads(text) == {"a": 2.5, "b": None, "c": [1, None]}
    assert text.index('"a"') < text.index('"b"')


def test_chunk_comes_back_bit_for_bit(tmp_path: Path):
    chunks = ChunkFolder(tmp_path / "chunks")
    values = np.random.default_rng(1).normal(size=(3, 4, 5))
    chunks.keep("one", values)
    back = chunks.load("one")
    assert back is not None
    np.testing.assert_array_equal(back, values)
    assert chunks.load("two") is None
    assert [file.name for file in chunks.path.iterdir()] == ["one.chunk"]


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_damaged_chunk_is_not_believed(tmp_path: Path, damage: str):
    chunks = ChunkFolder(tmp_path)
    chunks.keep("one", np.ones((2, 2)))
    file = tmp_path / "one.chunk"
    content = bytearray(file.read_bytes())
    if damage == "flipped":
        content[-3] ^= 1
    file.write_bytes({"cut": content[:-5], "empty": b"", "flipped": bytes(content)}[damage])
    assert chunks.load("one") is None


def test_folder_appears_whole_or_not_at_all(tmp_path: Path):
    folder = RunFolder(tmp_path, "x")
    folder.chunks.keep("one", np.ones(2))

    def half(path: Path) -> None:
        (path / "a.txt").write_text("a")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.finish(half)
    assert not folder.path.exists()
    assert folder.chunks.load("one") is not None

    def whole(path: Path) -> None:
        (path / "deep").mkdir()
        (path / "deep" / "a.txt").write_text("a")

    assert folder.finish(whole) == folder.path
    assert folder.is_complete()
    assert not folder.unfinished.exists()
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert list(manifest["files"]) == ["deep/a.txt"]
    (folder.path / "note.txt").write_text("a person's own note does no harm")
    assert folder.is_complete()
    (folder.path / "deep" / "a.txt").write_text("b")
    assert folder.damage() == ["deep/a.txt"]
    folder.finish(whole)
    assert folder.is_complete()
    assert (tmp_path / "x.damaged" / "note.txt").is_file()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full; finished animals are kept"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "permission denied"),
        (errno.ENOTDIR, "a file where a folder should be"),
    ],
)
def test_storage_trouble_is_one_sentence(tmp_path: Path, number: int, words: str):
    def wrapped() -> None:
        try:
            raise OSError(number, os.strerror(number))
        except OSError as cause:
            raise OSError("a library's own words") from cause

    with pytest.raises(StorageError, match=words), storage(tmp_path):
        wrapped()


def test_other_errors_pass(tmp_path: Path):
    with pytest.raises(OSError, match="unrelated"), storage(tmp_path):
        raise OSError("unrelated")


def test_same_inputs_are_not_computed_again(tmp_path: Path, request_file: Path):
    seen, progress = counted()
    first = reflexarc.run(request_file, animals=2, out=tmp_path, progress=progress)
    assert first.folder is not None
    assert seen
    seen.clear()
    second = reflexarc.run(request_file, animals=2, out=tmp_path, progress=progress)
    assert not seen
    assert second.folder == first.folder
    assert second.measurements.equals(first.measurements)
    assert second.trajectories.identical(first.trajectories)
    assert second.band.equals(first.band)
    assert to_json(second.summary()) == to_json(first.summary())
    assert (first.folder / "request.yaml").read_text().strip() == EXPERIMENT.strip()
    other = reflexarc.run(request_file, animals=2, seed=2, out=tmp_path)
    assert other.folder != first.folder


def test_a_damaged_run_is_done_again(tmp_path: Path, request_file: Path):
    first = reflexarc.run(request_file, animals=2, out=tmp_path)
    assert first.folder is not None
    before = contents(first.folder)
    table = first.folder / "measurements.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    again = reflexarc.run(request_file, animals=2, out=tmp_path)
    assert again.folder == first.folder
    assert contents(first.folder) == before


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.usefixtures("small_blocks")
def test_killed_run_goes_on_and_ends_bit_for_bit_alike(
    tmp_path: Path, request_file: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "runs"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(request_file), str(out)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    while int(child.stdout.readline()) < 6:
        pass
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=20)
    (part,) = out.glob("*.part")
    chunks = sorted((part / "chunks").iterdir())
    assert 3 <= len(chunks) < 8
    chunks[0].write_bytes(chunks[0].read_bytes()[:100])
    kept = {file.name: file.stat().st_mtime_ns for file in chunks[1:]}

    seen, progress = counted()
    started = time.time_ns()
    result = reflexarc.run(request_file, out=out, progress=progress, workers=1)
    assert seen[0] == 2 * len(kept)
    assert all(stamp < started for stamp in kept.values())
    monkeypatch.setitem(BLOCK, "kernel", 16)
    whole = reflexarc.run(request_file, out=tmp_path / "elsewhere", workers=1)
    assert result.folder is not None
    assert whole.folder is not None
    assert result.folder.name == whole.folder.name
    assert contents(result.folder) == contents(whole.folder)
    assert not part.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("can't mount a small disk here")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.usefixtures("small_blocks")
def test_full_disk(small_disk: Path, request_file: Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 5_000_000)
    with pytest.raises(StorageError, match="is full"):
        reflexarc.run(request_file, animals=8, out=small_disk, workers=1)
    (part,) = small_disk.glob("*.part")
    finished = len(list((part / "chunks").glob("*.chunk")))
    assert finished > 0
    assert not list(part.rglob("*.tmp"))
    ballast.unlink()
    seen, progress = counted()
    result = reflexarc.run(request_file, animals=8, out=small_disk, workers=1, progress=progress)
    assert seen[0] == 2 * finished
    assert result.folder is not None
    assert RunFolder(small_disk, result.folder.name).is_complete()


def test_full_disk_while_the_results_are_written(
    tmp_path: Path, request_file: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("pandas.DataFrame.to_parquet", full)
        with pytest.raises(StorageError, match="is full"):
            reflexarc.run(request_file, animals=2, out=tmp_path)
    seen, progress = counted()
    reflexarc.run(request_file, animals=2, out=tmp_path, progress=progress)
    assert seen[0] == 4


def test_read_only_disk(small_disk: Path, request_file: Path):
    done = reflexarc.run(request_file, animals=1, out=small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    again = reflexarc.run(request_file, animals=1, out=small_disk)
    assert again.folder == done.folder
    with pytest.raises(StorageError, match="read-only"):
        reflexarc.run(request_file, animals=2, out=small_disk)


def test_a_file_where_the_folder_should_be(tmp_path: Path, request_file: Path):
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(StorageError, match="a file where a folder should be"):
        reflexarc.run(request_file, animals=1, out=tmp_path / "runs")


def test_save_does_not_touch_what_is_not_a_run(tmp_path: Path, request_file: Path):
    result = reflexarc.run(request_file, animals=1)
    (tmp_path / "mine").mkdir()
    with pytest.raises(StorageError, match="doesn't hold a run"):
        result.save(tmp_path / "mine")
    assert result.save(tmp_path / "new") == tmp_path / "new"
    assert RunFolder(tmp_path, "new").is_complete()
    assert result.save(tmp_path / "new") == tmp_path / "new"


def test_two_processes_do_not_run_the_same_at_once(tmp_path: Path):
    import threading

    folder = RunFolder(tmp_path, "x")
    order: list[str] = []

    def second() -> None:
        with folder.claimed():
            order.append("second")

    with folder.claimed():
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join(timeout=5)
    assert order == ["first", "second"]
    assert not list(tmp_path.iterdir())
