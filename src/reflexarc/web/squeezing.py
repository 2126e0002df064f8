"""Our own scripts and styles without what only their readers need: comments and indentation.

Nothing is renamed and no line is joined, so what remains can still be read.
"""

import re

__all__ = ["squeeze"]

_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_EMPTY = re.compile(r"\n{2,}")


def squeeze(text: str) -> str:
    """Return a script or a style sheet without whole-line comments, indentation and empty lines.

    A text in which a template literal runs over several lines is returned as it is: there, what
    looks like a comment or an indentation may be content. Comments of licences (`/*!`) stay.

    Example:
        >>> squeeze("// why\\nfunction f() {\\n  return 1; // one\\n}\\n")
        'function f() {\\nreturn 1; // one\\n}\\n'
    """
    if "/*!" in text or any(line.count("`") % 2 for line in text.splitlines()):
        return text
    bare = _LINE.sub("", _BLOCK.sub("", text))
    return _EMPTY.sub("\n", _INDENT.sub("", bare)).lstrip("\n")
