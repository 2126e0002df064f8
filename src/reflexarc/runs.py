"""The folder of a run: named by its inputs, whole or absent, and able to go on after a crash.

While a run is under way its folder is called `<name>.part`; finished chunks of animals lie in
`chunks/`, each with a checksum. The results are written beside them, a manifest with the SHA-256
of every file last, and then the folder takes its name in one step. See docs/run-folder.md.
"""

import errno
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import InputError

__all__ = ["ChunkFolder", "RunFolder", "StorageError", "run_name", "storage", "to_json"]

MANIFEST = "manifest.json"
DIGEST_LENGTH = 12


class StorageError(InputError):
    """A folder can't be written; what was finished before is kept."""


def run_name(title: str, inputs: Mapping[str, object]) -> str:
    """Return the name of a run: a slug of its title and a digest of everything that decides it.

    Args:
        title: Title of the experiment.
        inputs: Plain data (JSON types); equal inputs give equal names, in any order of keys.

    Example:
        >>> run_name("Leg or belly?", {"seed": 1})
        'leg-or-belly-a4bbadc1c789'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")
    digest = hashlib.sha256(to_json(inputs, indent=None).encode()).hexdigest()
    return f"{slug or 'experiment'}-{digest[:DIGEST_LENGTH]}"


def to_json(value: object, *, indent: int | None = 2) -> str:
    """Return JSON with sorted keys; numbers that are not finite become null (JSON has none)."""
    return json.dumps(
        _finite(value), sort_keys=True, indent=indent, ensure_ascii=False, allow_nan=False
    )


@dataclass(frozen=True)
class ChunkFolder:
    """Finished chunks of an ensemble, one file each with its checksum (a `workers.Store`).

    Example:
        >>> import tempfile
        >>> shelf = ChunkFolder(Path(tempfile.mkdtemp()) / "chunks")
        >>> shelf.keep("animal-000000", np.ones((2, 2)))
        >>> shelf.load("animal-000000").sum()
        np.float64(4.0)
    """

    path: Path

    def load(self, name: str) -> NDArray[np.float64] | None:
        """Return the chunk kept under a name, or None if it is missing, cut short or changed."""
        try:
            content = self._file(name).read_bytes()
        except OSError:
            return None
        checksum, payload = content[:32], content[32:]
        if hashlib.sha256(payload).digest() != checksum:
            return None
        return np.asarray(np.load(io.BytesIO(payload), allow_pickle=False), dtype=np.float64)

    def keep(self, name: str, result: NDArray[np.float64]) -> None:
        """Write a chunk beside the folder and move it in: it appears whole or not at all.

        Raises:
            StorageError: If the disk is full or can't be written.
        """
        buffer = io.BytesIO()
        np.save(buffer, result, allow_pickle=False)
        payload = buffer.getvalue()
        with storage(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            unfinished = self.path.parent / f"{name}.tmp"
            try:
                with unfinished.open("wb") as file:
                    file.write(hashlib.sha256(payload).digest())
                    file.write(payload)
                unfinished.replace(self._file(name))
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.chunk"


@dataclass(frozen=True)
class RunFolder:
    """Where one run is kept.

    Attributes:
        home: The folder that holds run folders.
        name: Name of this run, from `run_name`.
    """

    home: Path
    name: str

    @property
    def path(self) -> Path:
        """The folder of the finished run."""
        return self.home / self.name

    @property
    def unfinished(self) -> Path:
        """The folder while the run is under way."""
        return self.home / f"{self.name}.part"

    @property
    def chunks(self) -> ChunkFolder:
        """Finished chunks of a run under way."""
        return ChunkFolder(self.unfinished / "chunks")

    def is_complete(self) -> bool:
        """Tell whether the finished run is there and every file has its checksum."""
        return self.path.is_dir() and not self.damage()

    def damage(self) -> list[str]:
        """Return the files of the finished run that are missing or changed; none if all is well."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            listed = {str(k): str(v["sha256"]) for k, v in manifest["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return [MANIFEST]
        return [name for name, digest in listed.items() if _sha256(self.path / name) != digest]

    def finish(self, write: Callable[[Path], None]) -> Path:
        """Write the results and give the folder its name.

        Args:
            write: Writes every file into the folder it is given.

        Returns:
            The finished folder. A damaged one of the same name is kept as `<name>.damaged`.

        Raises:
            StorageError: If the disk is full or can't be written; chunks stay.
        """
        files = self.unfinished / "files"
        with storage(self.home):
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir(parents=True)
            try:
                write(files)
                listed = {
                    file.relative_to(files).as_posix(): {
                        "bytes": file.stat().st_size,
                        "sha256": _sha256(file),
                    }
                    for file in sorted(files.rglob("*"))
                    if file.is_file()
                }
                manifest = to_json({"run": self.name, "files": listed})
                (files / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
            except BaseException:
                shutil.rmtree(files, ignore_errors=True)
                raise
            if self.path.exists():
                aside = self.home / f"{self.name}.damaged"
                shutil.rmtree(aside, ignore_errors=True)
                self.path.rename(aside)
            files.rename(self.path)
            shutil.rmtree(self.unfinished, ignore_errors=True)
        return self.path

    @contextmanager
    def claimed(self, *, wait: bool = True) -> Iterator[None]:
        """Keep other processes from the same run.

        Args:
            wait: Whether to wait if one is at work on it.

        Raises:
            StorageError: If the folder can't be written, or another is at work and `wait` is off.
        """
        with storage(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            try:
                lock = _lock(self.home / f".{self.name}.lock", wait=wait)
            except BlockingIOError:
                raise StorageError(
                    "another command is writing there; wait for it or choose another place",
                    file=str(self.home / self.name),
                ) from None
        try:
            yield
        finally:
            if lock is not None:
                with suppress(OSError):
                    os.unlink(lock.name)
                lock.close()


@contextmanager
def storage(folder: Path) -> Iterator[None]:
    """Turn a full or unwritable disk into one clear sentence.

    Raises:
        StorageError: For a full disk or quota, missing rights, or a file where a folder should be.
    """
    try:
        yield
    except OSError as error:
        # Some libraries raise their own OSError from the system's: look for the first number.
        cause: BaseException | None = error
        number = None
        while cause is not None and number is None:
            number = getattr(cause, "errno", None)
            cause = cause.__cause__ or cause.__context__
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"the disk that holds {folder} is full; finished animals are kept there, so free"
                " some space and run the same again"
            ) from None
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(
                f"can't write to {folder} ({os.strerror(number).lower()}); choose another folder"
            ) from None
        if number in (errno.ENOTDIR, errno.EEXIST):
            raise StorageError(
                f"can't keep runs in {folder}: there is a file where a folder should be"
            ) from None
        raise


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _lock(path: Path, *, wait: bool) -> IO[str] | None:
    """Return an open file that holds the lock; None where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    while True:
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise
        with suppress(OSError):
            if os.stat(path).st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()  # the one before us took it away with it: try again
