import pytest

from reflexarc import atlas, biology
from reflexarc.errors import InputError
from reflexarc.vocabulary import (
    find_agent,
    find_lesion,
    find_observable,
    find_option,
    hypothesis_options,
    lesion_names,
    option_effects,
)


def test_every_word_of_the_lesion_table_is_understood_or_refused_with_its_reason() -> None:
    for row in biology.lesions():
        for word in (row.name, *row.aliases):
            text = f"{word} at T9" if row.kind == "spinal cord" else word
            if row.refused:
                with pytest.raises(InputError, match="can't be represented"):
                    find_lesion(text)
            else:
                effect = find_lesion(text)
                assert effect.sets or effect.cuts


def test_every_word_of_the_agent_table_is_understood_or_refused_with_its_reason() -> None:
    for row in biology.agents():
        for word in (row.name, *row.aliases):
            if row.refused:
                with pytest.raises(InputError, match="can't be represented") as caught:
                    find_agent(word, row.route or None)
                assert row.refused in str(caught.value)
            else:
                assert find_agent(word.upper(), row.route) == row
                assert find_agent(word, row.route.replace(".", "").upper()) == row


def test_every_word_of_the_observable_table_is_understood() -> None:
    for row in biology.observables():
        for word in (row.name, *row.aliases):
            assert find_observable(word, row.where) == row


def test_every_nerve_of_the_atlas_can_be_cut() -> None:
    for nerve in atlas.nerves():
        assert find_lesion(nerve.name).cuts == (nerve.name,)
        assert find_lesion(f"left {nerve.name}").cuts == (f"left {nerve.name}",)


def test_a_side_is_half_of_what_is_paired_and_refused_for_the_rest() -> None:
    assert find_lesion("left splanchnic nerves").side == "left"
    assert find_lesion("right adrenalectomy").side == "right"
    assert find_lesion("bilateral cervical vagotomy").side == "both"
    for one in ("splenectomy", "coeliac branch", "DMV neurons"):
        with pytest.raises(InputError, match="no left and right"):
            find_lesion(f"left {one}")
    assert {row.name for row in biology.lesions() if row.paired and row.parameter} == {
        "cervical vagotomy",
        "subdiaphragmatic vagotomy",
        "splanchnic nerves",
        "adrenal nerve",
        "adrenalectomy",
        "adrenal demedullation",
    }


@pytest.mark.parametrize("text", ["sciatic", "sciatic nerve", "Sciatic cut", "sciatic transection"])
def test_ways_to_say_that_a_nerve_is_cut(text: str) -> None:
    assert find_lesion(text).cuts == ("sciatic",)


@pytest.mark.parametrize(
    ("level", "severed"),
    [
        ("C1", ["fore", "trunk", "hind"]),
        ("C7", ["fore", "trunk", "hind"]),
        ("C8", ["trunk", "hind"]),
        ("T9", ["trunk", "hind"]),
        ("T10", ["hind"]),
        ("L4", ["hind"]),
        ("L5", []),
    ],
)
def test_a_spinal_cut_severs_what_enters_at_its_level_or_below(
    level: str, severed: list[str]
) -> None:
    sets = dict(find_lesion(f"spinal cord at {level}").sets)
    cut = [r for r in ("fore", "trunk", "hind") if sets.get(f"intact_ascending_{r}") == 0.0]
    assert cut == severed


@pytest.mark.parametrize("level", ["T0", "T14", "C9", "L7", "S5"])
def test_a_level_that_is_not_there_is_refused(level: str) -> None:
    with pytest.raises(InputError, match="no level"):
        find_lesion(f"spinal cord at {level}")


def test_misspelt_words_get_the_nearest_right_one() -> None:
    for find, word, right in [
        (find_lesion, "scatic", "sciatic"),
        (find_agent, "yohimbin", "yohimbine"),
        (find_observable, "corticosteron", "corticosterone"),
    ]:
        with pytest.raises(InputError, match=f"did you mean '{right}'"):
            find(word)  # type: ignore[operator]


def test_half_a_name_gets_whole_names_and_a_strange_word_the_list() -> None:
    with pytest.raises(InputError) as caught:
        find_lesion("vagus")
    assert str(caught.value) == (
        "unknown lesion 'vagus'; did you mean 'cervical vagotomy' or 'subdiaphragmatic vagotomy'?"
    )
    for find, kind in [
        (find_lesion, "lesion"),
        (find_agent, "agent"),
        (find_observable, "observable"),
        (atlas.site, "site"),
    ]:
        with pytest.raises(InputError, match=f"unknown {kind} 'qqqq'; `reflexarc {kind}s` lists"):
            find("qqqq")  # type: ignore[operator]


def test_a_place_that_an_observable_does_not_have_is_refused() -> None:
    assert find_observable("TNF", "serum").where == "plasma"
    with pytest.raises(InputError, match="TNF is measured in plasma, not in 'brain'"):
        find_observable("TNF", "brain")


def test_default_options_set_nothing_and_others_set_their_parameters() -> None:
    for name, options in hypothesis_options().items():
        assert option_effects(name, options[0]) == {}
        for other in options[1:]:
            assert option_effects(*find_option(name.upper(), other.upper()))


def test_refused_lesions_are_not_offered() -> None:
    assert "kidney" not in lesion_names()
    assert "T cells" in lesion_names()
    assert "sciatic" in lesion_names()
