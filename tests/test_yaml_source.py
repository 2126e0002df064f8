import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflexarc.errors import InputError
from reflexarc.yaml_source import dotted, read_yaml, write_yaml


def test_every_entry_has_its_line() -> None:
    source = read_yaml("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert source.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert source.lines["b", 0] == 3
    assert source.lines["b", 1, "c"] == 4
    assert source.lines["b", 1, "d"] == 5


def test_an_error_stands_where_the_entry_stands() -> None:
    source = read_yaml("a:\n  b: 1\n", file="x.yaml")
    assert str(source.error("wrong", ("a", "b"))) == "x.yaml:2: a.b: wrong"
    # A list of one that was written without brackets, and a field that is missing.
    assert str(source.error("wrong", ("a", 0, "b"))) == "x.yaml:2: a.b: wrong"
    assert str(source.error("missing", ("a", "c"))) == "x.yaml:1: a.c: missing"


def test_scalars_follow_yaml_1_2() -> None:
    text = "{a: yes, b: on, c: 1:30, d: true, e: 1.5, f: 12, g: '12', h: ~, i: 0x10, j: 1e3}"
    assert read_yaml(text).data == {
        **{"a": "yes", "b": "on", "c": "1:30", "d": True, "e": 1.5},
        **{"f": 12, "g": "12", "h": None, "i": "0x10", "j": 1000.0},
    }


BIG = 990_000
REFUSED = {
    "aliases": ("a: &x [1]\nb: *x\n", "anchors"),
    "a bomb": ("a: &a [x, x]\n" + "".join(f"b{k}: &b{k} [*a, *a]\n" for k in range(99)), "anchors"),
    "a tag": ("a: !!python/object/apply:os.system ['true']\n", "tags"),
    "a local tag": ("!x {a: 1}", "tags"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "'a' stands here twice"),
    "two documents": ("a: 1\n---\nb: 2\n", "more than one"),
    "deep lists": ("\n".join(["["] * 15_000), "too deep"),
    "deep dashes": ("- " * 4000, "too deep"),
    "a key that is a list": ("? [a]\n: b\n", "key must be plain text"),
    "too many entries": (
        "{" + ",\n".join(f"k{k}: 1, l{k}: 2" for k in range(9000)) + "}",
        "too many entries",
    ),
    "too many lines": ("# x\n" * 240_000, "too long"),
    "a long line": ("a" * BIG, "line is too long"),
    "too large": ("x: " + "é" * 600_000, "too large"),
    "an open bracket": ("a: {b: 1\nc: 2", "not valid YAML"),
    "a tab": ("a:\n\t- b\n", "not valid YAML"),
    "a control character": ("a: \x01\n", "not valid YAML"),
    "half a surrogate": ("a: \udcff", "not valid YAML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_do_harm_is_refused_quickly(name: str) -> None:
    text, reason = REFUSED[name]
    start = time.perf_counter()
    with pytest.raises(InputError, match=r"^x\.yaml") as caught:
        read_yaml(text, file="x.yaml")
    assert reason in caught.value.message
    assert time.perf_counter() - start < 5


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
    | st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=9
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc xyz,:#-'{}", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_written_is_read_back(data: object) -> None:
    assert read_yaml(write_yaml(data)).data == data


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        read_yaml(text)


def test_paths_are_shown_as_people_read_them() -> None:
    assert dotted(("arms", "leg", "lesions", 0, "at")) == "arms.leg.lesions[0].at"
