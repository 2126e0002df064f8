"""`like:` and what an experiment says for all its arms, written out in each arm.

This works on plain data, before anything is checked, so that an arm may change one setting of the
arm it is like. A mapping is merged key by key, anything else is replaced, and an empty value or
`none` removes what was inherited. Each inherited setting keeps the line on which it was written.
"""

from typing import Any

from reflexarc.errors import InputError, unknown_word
from reflexarc.yaml_source import Path, Source

__all__ = ["MOST_ARMS", "expand_arms"]

MOST_ARMS = 200
"""The most arms that an experiment may have."""

MOST_LINES = 200_000
"""The most entries that all arms together may have once everything inherited is written out."""

FOR_ALL_ARMS = ("challenge", "anaesthesia", "hypotheses")
"""Fields of the experiment that hold for every arm which doesn't say otherwise."""

_EITHER_OR = (
    {"frequency", "dense-disperse"},
    {"during", "at"},
    {"during", "duration"},
)


def expand_arms(source: Source) -> tuple[Source, list[InputError]]:
    """Return a source in which every arm stands by itself.

    Args:
        source: An experiment as it was read.

    Returns:
        The expanded source, and what is wrong with `like`: an unknown arm, or a circle.
    """
    data = source.data
    arms = data.get("arms") if isinstance(data, dict) else None
    if not isinstance(arms, dict):
        return source, []
    if len(arms) > MOST_ARMS:
        message = f"there are too many arms ({len(arms)}, at most {MOST_ARMS})"
        return source, [source.error(message, ("arms",))]
    work = _Expansion(source, arms)
    full = {name: work.arm(name) for name in arms}
    expanded = Source(data={**data, "arms": full}, lines=work.lines, file=source.file)
    return expanded, work.problems


class _Expansion:
    def __init__(self, source: Source, arms: dict[str, Any]) -> None:
        self.source = source
        self.arms = arms
        self.lines = dict(source.lines)
        self.problems: list[InputError] = []
        self.done: dict[str, Any] = {}
        self.open: list[str] = []
        self.below: dict[Path, list[Path]] = {}
        for path in source.lines:
            for depth in range(len(path) + 1):
                self.below.setdefault(path[:depth], []).append(path)

    def arm(self, name: str) -> Any:
        """Return one arm with what it inherits from the arm it is like and from all arms."""
        own = self.arms[name]
        if name in self.done:
            return self.done[name]
        own = {} if own is None else own
        if not isinstance(own, dict):
            return own
        self.open.append(name)
        path: Path = ("arms", name)
        base: dict[str, Any] = {}
        where: dict[str, Path] = {}
        if "like" in own:
            parent = self.parent(own["like"], (*path, "like"))
            if parent is not None:
                inherited = self.arm(parent)
                if isinstance(inherited, dict):
                    base = inherited
                    where = {key: ("arms", parent, key) for key in inherited}
        else:
            for key in FOR_ALL_ARMS:
                if self.source.data.get(key) is not None:
                    base = {**base, key: self.source.data[key]}
                    where[key] = (key,)
        self.open.pop()
        kept = {key: value for key, value in own.items() if key != "like"}
        self.done[name] = self.merge(base, kept, where, path)
        return self.done[name]

    def parent(self, like: Any, path: Path) -> str | None:
        if not isinstance(like, str) or like not in self.arms:
            message = unknown_word("arm", str(like), [a for a in self.arms if a != path[1]])
            self.problems.append(self.source.error(message, path))
            return None
        if like in self.open:
            circle = " -> ".join([*self.open[self.open.index(like) :], like])
            self.problems.append(self.source.error(f"arms are like each other: {circle}", path))
            return None
        if len(self.open) > 50:
            self.problems.append(self.source.error("'like' goes through too many arms", path))
            return None
        return like

    def merge(
        self, base: dict[str, Any], own: dict[str, Any], where: dict[str, Path], path: Path
    ) -> dict[str, Any]:
        """Return own settings over inherited ones; `where` says where those were written."""
        merged: dict[str, Any] = {}
        for key, value in base.items():
            if key in own or any(key in pair and pair & {*own} - {key} for pair in _EITHER_OR):
                continue
            merged[key] = value
            self.copy_lines(where.get(key), (*path, key))
        for key, value in own.items():
            inherited: Any = base.get(key)
            both = isinstance(value, dict) and isinstance(inherited, dict)
            if both and _same(key, value, inherited):
                origin = where.get(key)
                inner = {} if origin is None else {k: (*origin, k) for k in inherited}
                merged[key] = self.merge(inherited, value, inner, (*path, key))
            elif _is_none(value):
                merged.pop(key, None)
                if key in FOR_ALL_ARMS:
                    merged[key] = None
            else:
                merged[key] = value
        return merged

    def copy_lines(self, origin: Path | None, target: Path) -> None:
        if origin is None:
            return
        for path in self.below.get(origin, []):
            if len(self.lines) > MOST_LINES:
                raise self.source.error("the arms inherit too many settings", ("arms",))
            copy = (*target, *path[len(origin) :])
            if copy not in self.lines:
                self.lines[copy] = self.lines[path]
                for depth in range(len(copy) + 1):
                    self.below.setdefault(copy[:depth], []).append(copy)


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() == "none")


def _same(key: str, own: dict[str, Any], inherited: dict[str, Any]) -> bool:
    """Whether a mapping changes the inherited one; another challenge agent replaces it."""
    if key != "challenge":
        return True
    settings = {"route", "at", "duration", "repeat"}
    agents = {*own} - settings
    return not agents or agents == {*inherited} - settings
