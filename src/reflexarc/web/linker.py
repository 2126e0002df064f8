"""ES modules -> one classic script, for a page that is opened as a file.

Browsers refuse modules and workers from `file://`. The script that stands in for them holds every
module as a function, runs one of them, and starts the worker from its own text. It understands the
few forms of `import` and `export` that the page uses and refuses every other, so that nothing is
lost in silence.
"""

import posixpath
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

__all__ = ["LinkError", "link"]

_IMPORT = re.compile(
    r"^import\s+(?:\*\s+as\s+(?P<all>\w+)|(?P<default>\w+)?(?:,\s*)?(?:\{(?P<named>[^}]*)\})?)"
    r"\s+from\s+\"(?P<path>[^\"]+)\";\n?",
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export\s+(?P<kind>async function\*?|function\*?|const|class)\s+(?P<name>[\w$]+)",
    re.MULTILINE,
)
_LIST = re.compile(r"^export \{(?P<names>[\w\s,$]*)\};\n?", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_DYNAMIC = re.compile(r"\bimport\(\"(?P<path>[^\"]+)\"\)")
_LEFT = re.compile(r"^(?:import|export)\b|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)

_HEAD = """\
// Everything in one script, for a page that is opened as a file. Made from the modules beside it.
"use strict";
(function reflexarc(entry) {
const made = {};
const known = {};
function load(name) {
  if (!(name in made)) {
    made[name] = {};
    known[name](made[name]);
  }
  return made[name];
}
"""
_WORKER = """\
known[%s] = function (exports) {
exports.startWorker = function () {
  const text = "(" + reflexarc.toString() + ")(" + JSON.stringify(%s) + ")";
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
};
};
"""
_TAIL = """\
load(entry);
})(%s);
"""


class LinkError(ValueError):
    """A module uses a form that the linker doesn't know; the message says file and line."""


def link(modules: Mapping[str, str], *, entry: str, worker: str, starter: str) -> str:
    """Return one classic script that does what the modules do.

    Args:
        modules: Text of each module by its path from the root of the site.
        entry: The module that runs in the page.
        worker: The module that runs in the worker.
        starter: The module that exports `startWorker`; it is replaced.

    Raises:
        LinkError: A module imports or exports in another way than this linker knows, asks for a
            module that isn't there, or is in a circle.

    Example:
        >>> text = link({"a.js": "export const one = 1;", "w.js": "", "s.js": ""},
        ...             entry="a.js", worker="w.js", starter="s.js")
        >>> "exports.one = one;" in text
        True
    """
    parts, needs = [], {}
    for path, text in modules.items():
        if path == starter:
            parts.append(_WORKER % (_quoted(path), _quoted(worker)))
            continue
        code, wanted = _module(path, text, modules)
        needs[path] = wanted
        parts.append(f"known[{_quoted(path)}] = function (exports) {{\n{code}}};\n")
    try:
        tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise LinkError(f"modules in a circle: {' -> '.join(error.args[1])}") from None
    return _HEAD + "".join(parts) + _TAIL % _quoted(entry)


def _module(path: str, text: str, modules: Mapping[str, str]) -> tuple[str, set[str]]:
    wanted: set[str] = set()
    exports: list[str] = []

    def target(relative: str, position: int) -> str:
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
        if found not in modules:
            raise LinkError(f"{path}, line {_line(text, position)}: there is no module {found}")
        return found

    def imported(match: re.Match[str]) -> str:
        name = target(match["path"], match.start())
        wanted.add(name)
        source = f"load({_quoted(name)})"
        if match["all"]:
            return f"const {match['all']} = {source};\n"
        listed = [part.strip() for part in (match["named"] or "").split(",") if part.strip()]
        names = [part.replace(" as ", ": ") for part in listed]
        if match["default"]:
            names.insert(0, f"default: {match['default']}")
        return f"const {{ {', '.join(names)} }} = {source};\n"

    def exported(match: re.Match[str]) -> str:
        exports.append(match["name"])
        return f"{match['kind']} {match['name']}"

    def listed(match: re.Match[str]) -> str:
        exports.extend(name.strip() for name in match["names"].split(",") if name.strip())
        return ""

    def dynamic(match: re.Match[str]) -> str:
        name = target(match["path"], match.start())
        return f"Promise.resolve().then(() => load({_quoted(name)}))"

    code = _IMPORT.sub(imported, text)
    code = _EXPORT.sub(exported, code)
    code = _LIST.sub(listed, code)
    code = _DEFAULT.sub("exports.default = ", code)
    code = _DYNAMIC.sub(dynamic, code)
    if left := _LEFT.search(_without_comments(code)):
        line = code[: left.start()].count("\n") + 1
        raise LinkError(f"{path}, near line {line}: the linker doesn't know this form of import")
    ending = "".join(f"exports.{name} = {name};\n" for name in exports)
    return f"{code.rstrip()}\n{ending}", wanted


def _without_comments(code: str) -> str:
    """Blank out comments, so that a sentence with the word import is no import."""
    return re.sub(r"^\s*(?://|\*|/\*).*$", "", code, flags=re.MULTILINE)


def _line(text: str, position: int) -> int:
    return text[:position].count("\n") + 1


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
