"""YAML as people write it: plain data, and for every entry the line on which it stands.

Only plain data is read: mappings, lists, text, numbers, true and false. Tags, anchors and aliases
are refused, and so is a text that is too large or too deep, before it can cost time or memory.
Scalars follow the YAML 1.2 core schema, so that `on`, `no` and `1:30` stay text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reflexarc.errors import InputError

__all__ = ["Path", "Source", "read_yaml", "write_yaml"]

Path = tuple[str | int, ...]

LARGEST_FILE = 1_000_000
"""The largest text that is read, in bytes of UTF-8."""
DEEPEST = 16
"""The deepest nesting that is read."""
MOST_EVENTS = 20_000
"""The most keys, values, list starts and ends that are read."""
MOST_LINES = 20_000
"""The most lines that are read."""
LONGEST_LINE = 10_000
"""The longest line that is read, in characters."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A YAML text that was read.

    Args:
        data: The plain data: dicts, lists, text, numbers, booleans, None.
        lines: The line, counted from 1, of each entry, by its path of keys and list positions.
        file: The file it came from, for errors.
    """

    data: Any
    lines: dict[Path, int]
    file: str | None = None

    def error(self, message: str, path: Path = ()) -> InputError:
        """Return the error for an entry; parts of the path that are not in the text are skipped."""
        line, written = self.place(path)
        return InputError(message, file=self.file, line=line, field=dotted(written) or None)

    def place(self, path: Path) -> tuple[int | None, Path]:
        """Return the line of an entry, and its path without the parts that were not written.

        A missing last key stays in the path: the line is then that of the mapping it lacks in.
        """
        known: Path = ()
        written: Path = ()
        for position, part in enumerate(path):
            if (*known, part) in self.lines:
                known = (*known, part)
                written = (*written, part)
            elif isinstance(part, str) and position == len(path) - 1:
                written = (*written, part)
        return self.lines.get(known), written


def dotted(path: Path) -> str:
    """Return a path as people read it.

    Example:
        >>> dotted(("arms", "leg", "lesions", 0, "at"))
        'arms.leg.lesions[0].at'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_yaml(text: str, *, file: str | None = None) -> Source:
    """Read a YAML text into plain data with line numbers.

    Args:
        text: The text, of at most 1 MB.
        file: Name of the file, for errors.

    Returns:
        The data and the line of each entry.

    Raises:
        InputError: It is not YAML, it has duplicate keys, tags, anchors or aliases, or it is too
            large, too deep or has too many entries.

    Example:
        >>> source = read_yaml("arms:\\n  leg: {at: -15 min}")
        >>> source.data, source.lines["arms", "leg", "at"]
        ({'arms': {'leg': {'at': '-15 min'}}}, 2)
    """
    _check_size(text, file)
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST + 4
    reader = _Reader(file)
    try:
        data = reader.document(iter(yaml.parse(text)))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = None if mark is None else mark.line + 1
        raise InputError(_yaml_problem(error), file=file, line=line) from None
    return Source(data=data, lines=reader.lines, file=file)


def write_yaml(data: Any) -> str:
    """Return plain data as YAML that `read_yaml` reads back to the same data.

    Example:
        >>> write_yaml({"current": "0.5 mA", "at": ["1 h", "2 h"]})
        'current: 0.5 mA\\nat:\\n- 1 h\\n- 2 h\\n'
    """
    import io

    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.width = 4096
    yaml.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _check_size(text: str, file: str | None) -> None:
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > LARGEST_FILE:
        raise InputError(
            f"the file is too large ({size / 1e6:.1f} MB); an experiment has at most 1 MB",
            file=file,
        )
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InputError(
            f"the file is too long ({len(lines)} lines, at most {MOST_LINES})", file=file
        )
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise InputError(
                f"the line is too long ({len(line)} characters, at most {LONGEST_LINE})",
                file=file,
                line=number,
            )


def _yaml_problem(error: Exception) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    first = str(problem).strip().splitlines()[0][:160]
    return f"not valid YAML: {context}, {first}" if context else f"not valid YAML: {first}"


class _Reader:
    """Builds plain data from YAML events, one event at a time."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.count = 0
        self.events: Iterator[Any] = iter(())

    def document(self, events: Iterator[Any]) -> Any:
        self.events = events
        data: Any = None
        documents = 0
        while (event := next(self.events, None)) is not None:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self.error(event, "the file holds more than one YAML document")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                data = self.value(event, ())
        return data

    def error(self, event: Any, message: str, path: Path = ()) -> InputError:
        line = event.start_mark.line + 1
        return InputError(message, file=self.file, line=line, field=dotted(path) or None)

    def take(self) -> Any:
        self.count += 1
        event = next(self.events)
        if self.count > MOST_EVENTS:
            raise self.error(event, f"the file has too many entries (at most {MOST_EVENTS // 2})")
        return event

    def value(self, event: Any, path: Path) -> Any:
        kind = type(event).__name__
        self.lines.setdefault(path, event.start_mark.line + 1)
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self.error(
                event,
                "YAML anchors (&) and aliases (*) are not read; write 'like: <another arm>'"
                " to share settings, or put the text in quotes",
                path,
            )
        if getattr(event, "tag", None):
            raise self.error(event, f"YAML tags ({str(event.tag)[:60]}) are not read", path)
        if kind == "ScalarEvent":
            return _scalar(event)
        if len(path) >= DEEPEST:
            raise self.error(event, f"nested too deeply (at most {DEEPEST} levels)", path)
        return self.mapping(path) if kind == "MappingStartEvent" else self.sequence(path)

    def sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while type(event := self.take()).__name__ != "SequenceEndEvent":
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while type(event := self.take()).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent" or event.anchor or event.tag:
                raise self.error(event, "a key must be plain text", path)
            key: str = event.value
            if key in entries:
                raise self.error(event, f"the key {key[:60]!r} stands here twice", path)
            self.lines[*path, key] = event.start_mark.line + 1
            entries[key] = self.value(self.take(), (*path, key))
        return entries


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # quoted or block text
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
