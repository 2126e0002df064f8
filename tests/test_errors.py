import pickle

import pytest

from reflexarc.errors import InputError, NumericalError, ReflexarcError, nearest, unknown_word


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ({}, "no unit"),
        ({"file": "leg.yaml"}, "leg.yaml: no unit"),
        ({"file": "leg.yaml", "line": 12}, "leg.yaml:12: no unit"),
        ({"line": 12}, "line 12: no unit"),
        ({"field": "arms.leg.at"}, "arms.leg.at: no unit"),
        (
            {"file": "leg.yaml", "line": 12, "field": "arms.leg.at"},
            "leg.yaml:12: arms.leg.at: no unit",
        ),
    ],
)
def test_an_error_says_where(place: dict[str, object], shown: str) -> None:
    assert str(InputError("no unit", **place)) == shown  # type: ignore[arg-type]


def test_exit_codes_are_those_of_the_design() -> None:
    assert InputError("x").exit_code == 3
    assert NumericalError("x").exit_code == 4
    assert issubclass(InputError, ReflexarcError)
    assert issubclass(NumericalError, ReflexarcError)


def test_an_error_survives_a_worker_process() -> None:
    error = InputError("no unit", file="leg.yaml", line=3, field="at")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.line) == (str(error), 3)


def test_locating_keeps_what_is_known() -> None:
    error = InputError("no unit", field="at").located(file="leg.yaml", line=4, field="arms.leg")
    assert str(error) == "leg.yaml:4: arms.leg.at: no unit"
    assert error.located(file="other.yaml", line=9).line == 4


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("ST63", ["ST25", "ST36", "LI10"], "ST36"),  # swapped digits
        ("pulse_widht", ["pulse width", "frequency"], "pulse width"),
        ("il6", ["IL-6", "IL-10"], "IL-6"),  # case and hyphen
        ("zzz", ["ST25", "ST36"], None),
        ("x", [], None),
    ],
)
def test_nearest_spelling(word: str, known: list[str], expected: str | None) -> None:
    assert nearest(word, known) == expected


def test_unknown_words_offer_the_nearest_or_a_short_list() -> None:
    assert unknown_word("site", "ST63", ["ST36"]) == "unknown site 'ST63'; did you mean 'ST36'?"
    assert unknown_word("site", "zzz", ["ST25", "ST36"]) == (
        "unknown site 'zzz'; known are ST25, ST36"
    )
    many = [f"point {k}" for k in range(100)]
    assert unknown_word("site", "zzz", many) == "unknown site 'zzz'"
    assert len(unknown_word("site", "z" * 10_000, many)) < 100
    assert unknown_word("site", "zzz", many, listed_by="reflexarc sites") == (
        "unknown site 'zzz'; `reflexarc sites` lists them"
    )


LESIONS = {
    "cervical vagotomy": "cervical vagotomy",
    "cervical vagus": "cervical vagotomy",
    "subdiaphragmatic vagus": "subdiaphragmatic vagotomy",
    "abdominal vagus": "subdiaphragmatic vagotomy",
    "macrophages": "macrophages",
}


@pytest.mark.parametrize(
    ("word", "offered"),
    [
        ("vagus", "did you mean 'cervical vagotomy' or 'subdiaphragmatic vagotomy'?"),
        ("Cervical-Vagis", "did you mean 'cervical vagus'?"),  # nearest, as it is spelt
        ("phag", "known are"),  # part of a word is no word
        ("- -", "known are"),
    ],
)
def test_a_part_of_a_name_brings_the_names_that_hold_it(word: str, offered: str) -> None:
    assert offered in unknown_word("lesion", word, LESIONS, names=LESIONS)


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("heart rate", ["heat latency"], None),
        ("rabbit", ["rat", "mouse"], None),
        ("rut", ["rat", "mouse"], "rat"),
        ("mise", ["rat", "mouse"], "mouse"),
        ("lgs", ["leg", "legs"], "legs"),
        ("a", ["b"], None),
    ],
)
def test_a_word_is_guessed_only_when_it_is_near(
    word: str, known: list[str], found: str | None
) -> None:
    assert nearest(word, known) == found


def test_at_most_three_names_are_offered() -> None:
    nerves = [f"{name} nerve, left branch" for name in ("splenic", "adrenal", "sciatic", "tibial")]
    assert unknown_word("lesion", "nerve", nerves).endswith(
        "did you mean 'splenic nerve, left branch', 'adrenal nerve, left branch' or"
        " 'sciatic nerve, left branch'?"
    )
