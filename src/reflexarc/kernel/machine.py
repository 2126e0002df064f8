"""LLVM IR -> machine code of this processor, kept in a cache between processes."""

import contextlib
import ctypes
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from reflexarc.kernel.code import Shape
from reflexarc.kernel.lanes import Arithmetic

__all__ = ["Binary", "Processor", "assembled", "binary", "loaded", "processor"]

CACHE = "REFLEXARC_CACHE"
"""Environment variable with the folder of compiled kernels; empty for none."""


@dataclass(frozen=True)
class Processor:
    """What code is generated for.

    Attributes:
        name: LLVM's name of the processor.
        features: LLVM's list of what it can do.
        lanes: Doubles in one register.
        arithmetic: Instructions that change how a formula is best written.
    """

    name: str
    features: str
    lanes: int
    arithmetic: Arithmetic

    def shape(self, *, single: bool = False, width: int | None = None) -> Shape:
        """Return the shape of vectors: as wide as a register unless told otherwise."""
        usual = self.lanes * 2 if single else self.lanes
        return Shape(width=width or usual, single=single, arithmetic=self.arithmetic)


@cache
def processor() -> Processor:
    """Return the processor that this runs on."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    machine = platform.machine().lower()
    arithmetic = Arithmetic.from_features(features, machine=machine)
    lanes = 8 if features.get("avx512f") else 4 if features.get("avx2") else 2
    flat = features.flatten()
    if lanes == 8:
        # Some processors are said to prefer half registers; then vectors would be cut in two.
        flat += ",-prefer-256-bit"
    return Processor(llvm.get_host_cpu_name(), flat, lanes, arithmetic)


@dataclass(frozen=True, eq=False)
class Binary:
    """Loaded machine code.

    Attributes:
        integrate: The function, to be called with the address of its words; releases the GIL.
        facts: What the caller must know about it.
        seconds: Time that it took to compile; 0 from the cache.
    """

    integrate: Callable[[int], None]
    facts: dict[str, Any]
    seconds: float
    engine: Any


def binary(identity: str, build: Callable[[], tuple[str, dict[str, Any]]]) -> Binary:
    """Return machine code from the cache, or compile it and keep it there.

    Args:
        identity: Digest of everything that the code depends on but the processor, LLVM and the
            generator itself.
        build: Returns LLVM IR with a function `integrate`, and facts that fit into JSON.
    """
    import time

    started = time.perf_counter()
    place = _place(identity)
    kept = _read(place) if place else None
    if kept is not None:
        facts, code = kept
        seconds = 0.0
    else:
        text, facts = build()
        code = assembled(text)
        seconds = time.perf_counter() - started
        if place:
            _write(place, facts, code)
    engine = loaded(code)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address("integrate"))
    return Binary(function, facts, seconds, engine)


def _machine() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    here = processor()
    target = llvm.Target.from_default_triple()
    # Code, constants and functions may lie anywhere: where much memory is in use they lie so far
    # apart that addresses of 32 bits, which the small model writes, end the process.
    return target.create_target_machine(
        cpu=here.name, features=here.features, opt=1, codemodel="jitdefault"
    )


def assembled(text: str) -> bytes:
    """Return LLVM IR as object code of this processor."""
    import llvmlite.binding as llvm

    machine = _machine()
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def loaded(code: bytes) -> Any:
    """Return an execution engine that holds object code."""
    import llvmlite.binding as llvm

    machine = _machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


# ---- the cache: a file is the digest of the rest, one line of facts, the object code


def _place(identity: str) -> Path | None:
    folder = os.environ.get(CACHE)
    if folder is None:
        base = os.environ.get("XDG_CACHE_HOME")
        if not base:
            with contextlib.suppress(RuntimeError):  # a user without a home folder
                base = str(Path.home() / ".cache")
        folder = str(Path(base) / "reflexarc") if base else ""
    return Path(folder) / f"{_digest(identity)}.kernel" if folder else None


def _digest(identity: str) -> str:
    import llvmlite
    import llvmlite.binding as llvm

    here = processor()
    parts = [
        identity, GENERATOR, llvmlite.__version__, str(llvm.llvm_version_info),
        llvm.get_default_triple(), here.name, here.features,
    ]  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _digest_of_sources() -> str:
    total = hashlib.sha256()
    here = files("reflexarc")
    sources = [here.joinpath(name) for name in ("instants.py", "system.py")]
    for package in ("kernel", "expression"):
        sources += sorted(here.joinpath(package).iterdir(), key=lambda path: path.name)
    for source in sources:
        if source.name.endswith(".py"):
            total.update(source.read_bytes())
    return total.hexdigest()


GENERATOR = _digest_of_sources()
"""Digest of the code that generates code, as it was when this process loaded it."""
MOST_KEPT = 500
"""Files that the cache holds at most; those used longest ago go first."""


def _read(place: Path) -> tuple[dict[str, Any], bytes] | None:
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != digest:
        return None
    line, _, code = rest.partition(b"\n")
    with contextlib.suppress(OSError):
        os.utime(place)
    return json.loads(line), code


def _write(place: Path, facts: dict[str, Any], code: bytes) -> None:
    """Keep a file; whoever can't write goes without."""
    rest = json.dumps(facts).encode() + b"\n" + code
    temporary = None
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(rest).digest() + rest)
        os.replace(temporary, place)
        temporary = None
    if temporary is not None:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    _prune(place.parent)


def _prune(folder: Path) -> None:
    """Remove what was used longest ago, drafts of killed processes among it."""
    with contextlib.suppress(OSError):
        known = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in known[:-MOST_KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
