"""Rates of harm, the check of stimuli, and the words of both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from reflexarc.cli import safety as command
from reflexarc.cli import screen as screen_command
from reflexarc.cli.console import Lab
from reflexarc.errors import InputError
from reflexarc.evidence import references
from reflexarc.experiments import names
from reflexarc.protocol import Experiment
from reflexarc.safety import CLOSING, assess, fragment, load_effects, promises, sentences
from reflexarc.safety.intervals import exact_interval, rounded, short
from reflexarc.safety.language import QUOTED, read_data, texts
from reflexarc.safety.rates import Effect, read_effects
from reflexarc.safety.sentences import LIMITS_OF_K, LIMITS_OF_PAIN
from reflexarc.safety.stimulus import (
    DAMAGE_K,
    StimulusSafety,
    iron_ug,
    shannon_k,
)
from reflexarc.yaml_source import read_yaml

ROOT = Path(__file__).parents[1]
CLAIMS = ROOT / "src" / "reflexarc" / "evidence" / "claims"


def call(*arguments: str) -> Result:
    app = typer.Typer(cls=Lab)
    app.command("safety")(command.safety)
    app.command("screen")(screen_command.screen)
    return CliRunner().invoke(app, list(arguments))


def effect(name: str) -> Effect:
    return next(found for found in load_effects() if found.id == name)


def needle(arms: str, *, extra: str = "") -> Experiment:
    return Experiment.parse(f"title: One\n{extra}arms:\n{arms}measure: [TNF at 1 h]\n")


ONE = (
    "  one: {{electroacupuncture: {{site: ST36, current: {current}, pulse width: {width}, "
    "frequency: 10 Hz, duration: 15 min, at: -15 min{more}}}}}\n"
)


def check(current: str = "0.5 mA", width: str = "200 us", more: str = "") -> StimulusSafety:
    return assess(needle(ONE.format(current=current, width=width, more=more)))[0]


BROKEN = "effects:\n  - {{id: x, name: x, group: common, {rest}}}\n"


# Rates


def test_the_pooled_rate_is_told_out_of_ten_thousand() -> None:
    head = effect("any").headline
    assert head is not None
    assert (head.per_10_000, head.bounds) == (931, (510, 1462))
    assert effect("any").lay.startswith("about 931 of 10,000 patients (510 to 1,462)")
    serious = effect("serious").headline
    assert serious is not None
    assert (serious.per_10_000, serious.bounds) == (1.01, (0.23, 2.33))
    assert head.heterogeneity == serious.heterogeneity == "I² > 80 %"


@pytest.mark.parametrize(
    ("id", "source", "per", "rate"),
    [
        ("any", "witt2009", "patients", 860.5),
        ("any", "macpherson2004", "patients", 1074),
        ("any", "zhao2011", "patients", 376),
        ("treated", "baumler2021", "patients", 11.4),
        ("treated", "witt2009", "patients", 216.5),
        ("serious", "germanprogramme", "courses of treatment", 0.3377),
        ("pain", "germanprogramme", "patients", 390),
        ("bleeding", "witt2009", "patients", 610),
        ("pneumothorax", "witt2009", "patients", 0.08725),
        ("nausea", "macpherson2001", "treatments", 1.453),
        ("dizziness", "white2001", "consultations", 1.885),
    ],
)
def test_rates_are_those_of_the_papers(id: str, source: str, per: str, rate: float) -> None:
    found = [c for c in effect(id).rates if c.source == source and c.per == per and c.trust != "R"]
    assert found[0].per_10_000 == pytest.approx(rate, rel=1e-3)


def test_serious_events_per_million_treatments_are_kept_apart_from_patients() -> None:
    per_treatment = next(
        c for c in effect("serious").rates if c.source == "baumler2021" and c.per == "treatments"
    )
    assert 100 * per_treatment.per_10_000 == pytest.approx(7.98)
    assert per_treatment.bounds == pytest.approx((0.0139, 0.2))


def test_what_the_public_is_told_has_a_row_each() -> None:
    told = {found.id for found in load_effects() if found.told_by}
    assert told == {
        "pain",
        "bleeding",
        "drowsiness",
        "nausea",
        "dizziness",
        "rash",
        "infection",
        "worse",
    }
    article = {found.id for found in load_effects() if "the article" in found.told_by}
    assert article == {"pain", "nausea", "rash", "infection", "bleeding"}


@pytest.mark.parametrize("id", ["nausea", "dizziness", "rash", "infection", "worse", "death"])
def test_an_unknown_rate_is_said_to_be_unknown(id: str) -> None:
    assert effect(id).headline is None
    assert effect(id).lay.startswith("rate not known. ")


def test_nothing_remembered_is_ever_told_to_lay_readers() -> None:
    for found in load_effects():
        assert found.headline is None or found.headline.trust == "T"
        assert found.severe is None or found.severe.trust in ("T", "S")
    assert any(c.trust == "R" for found in load_effects() for c in found.rates)
    rows = "".join(
        f", {{what: a, source: b, trust: {trust}, per: {per}, rate: {rate}{more}}}"
        for trust, per, rate, more in [
            ("S", "patients", 30, ""),
            ("R", "patients", 900, ""),
            ("T", "treatments", 800, ""),
            ("T", "patients", 700, ", severe: yes"),
            ("T", "patients", 600, ", people: children"),
        ]
    )
    head = "{what: a, source: b, trust: T, per: patients, rate: 20, headline: yes}"
    (told,) = read_effects(read_yaml(BROKEN.format(rest=f"rates: [{head}{rows}]")))
    assert told.lay == "about 20 of 10,000 patients; single studies found 20 to 30"


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (
            "rates: [{what: a, source: b, trust: R, per: patients, rate: 5, headline: yes}]",
            "a headline was read at its source",
        ),
        (
            "rates: [{what: a, source: b, trust: T, per: patients, rate: 5, severe: yes, "
            "headline: yes}]",
            "counts more than severe cases",
        ),
        ("rates: [{what: a, source: b, trust: T, per: patients, rate: 5}]", "say why the rate"),
        ("unknown: u, rates: [{what: a, source: b, trust: T, per: patients}]", "either a rate"),
        (
            "unknown: u, rates: [{what: a, source: b, trust: T, per: patients, cases: 3}]",
            "cases need an 'of'",
        ),
        (
            "unknown: u, rates: [{what: a, source: b, trust: T, per: patients, rate: 5, low: 1}]",
            "belong together",
        ),
        (
            "unknown: u, rates: [{what: a, source: b, trust: T, per: patients, rate: 5, low: 6, "
            "high: 7, interval: i}]",
            "must hold the rate",
        ),
        ("unknown: u, rate: []", "unknown field 'rate'; did you mean 'rates'?"),
    ],
)
def test_a_mistake_in_the_table_is_refused(rest: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_effects(read_yaml(BROKEN.format(rest=rest), file="adverse.yaml"))
    assert (caught.value.file, caught.value.line) == ("adverse.yaml", 2)


def test_an_effect_stands_once() -> None:
    twice = BROKEN.format(rest="unknown: u") + BROKEN.format(rest="unknown: u")[9:]
    with pytest.raises(InputError, match="'x' stands here twice"):
        read_effects(read_yaml(twice))


def test_exact_intervals_are_those_of_clopper_and_pearson() -> None:
    # 0 of n: 1 - 0.025 ** (1 / n); 5 of 10: tables give 0.1871 to 0.8129.
    assert exact_interval(0, 1968)[1] == pytest.approx(1 - 0.025 ** (1 / 1968))
    assert exact_interval(5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)
    assert exact_interval(10, 10)[1] == 1.0


def test_numbers_are_written_as_people_read_them() -> None:
    assert [short(x) for x in (0, 1462, 11.4, 0.0798, 100)] == [
        "0",
        "1,462",
        "11.4",
        "0.0798",
        "100",
    ]
    assert [rounded(x) for x in (0, 0.3, 1.01, 1462)] == ["0", "fewer than 1", "1", "1,462"]


def test_an_interval_that_nobody_gave_is_said_to_be_missing() -> None:
    printed = next(c for c in effect("pain").rates if c.source == "germanprogramme")
    assert printed.bounds is None
    assert printed.exact == "390; interval not given"
    counted = next(c for c in effect("any").rates if c.source == "zhao2011")
    assert counted.interval_kind == "exact 95 % interval, worked out here"


def test_every_source_is_in_the_references() -> None:
    cited = {key for found in load_effects() for key in found.sources}
    cited |= {
        key for name in names() for row in assess(Experiment.load(name)) for key in row.sources
    }
    assert sorted(cited - set(references())) == []


# Stimuli


@pytest.mark.parametrize(
    ("current", "width", "charge", "k"),
    [
        ("0.5 mA", "200 us", 0.10, -0.18),
        ("1 mA", "400 us", 0.40, 1.03),
        ("3 mA", "200 us", 0.60, 1.38),
        ("3 mA", "400 us", 1.2, 1.98),
    ],
)
def test_charge_and_k_of_a_bare_needle(current: str, width: str, charge: float, k: float) -> None:
    row = check(current, width)
    assert row.area_cm2 == pytest.approx(0.0151, abs=5e-5)
    assert row.charge_uC == pytest.approx(charge)
    assert row.density_uC_cm2 == pytest.approx(charge / 0.01508, rel=1e-3)
    assert row.k == pytest.approx(k, abs=0.005)


def test_the_band_of_caution() -> None:
    assert check("3 mA", "200 us").band == "below"
    assert check("3 mA", "300 us").band == "near"
    strong = check("3 mA", "400 us")
    assert strong.k is not None
    assert strong.k > DAMAGE_K
    assert strong.band == "at or above"
    assert "reconsider" in next(sentences(strong))


def test_an_insulated_needle_has_more_charge_density() -> None:
    bare, tip = check(), check(more=", insulated: true")
    assert tip.density_uC_cm2 is not None
    assert bare.density_uC_cm2 is not None
    assert tip.density_uC_cm2 > 10 * bare.density_uC_cm2
    assert check(more=", depth: 1 mm").area_cm2 == pytest.approx(0.0151 / 3, rel=1e-2)


def test_current_without_pulse_width_says_little_about_pain() -> None:
    narrow, wide = check("3 mA", "50 us"), check("3 mA", "400 us")
    assert narrow.c_fibres is not None
    assert wide.c_fibres is not None
    assert wide.c_fibres.central > 5 * max(narrow.c_fibres.central, 1e-3)
    assert wide.c_fibres.low <= wide.c_fibres.central <= wide.c_fibres.high
    assert wide.a_delta is not None
    assert wide.a_delta.central > wide.c_fibres.central


def test_a_sham_needle_breaks_the_skin_and_nothing_else() -> None:
    row = check("0 mA")
    assert (row.band, row.k, row.net_uC, row.iron_ug) == ("no current", None, 0, 0)
    assert row.c_fibres is not None
    assert row.c_fibres.high == 0
    assert row.skin == "broken by a needle"


def test_a_monophasic_pulse_leaves_its_charge_behind() -> None:
    row = check("1 mA", "200 us")
    assert row.net_uC == pytest.approx(0.2)
    assert row.direct_uA == pytest.approx(2.0)
    assert row.pulses == 9000
    # Faraday: 1.8 mC / (2 x 96485 C/mol) x 55.845 g/mol
    assert row.iron_ug == pytest.approx(0.521, rel=1e-3)
    assert iron_ug(0) == 0
    assert any("direct current of 2 µA" in line for line in sentences(row))
    balanced = check("1 mA", "200 us", ", waveform: biphasic")
    assert (balanced.net_uC, balanced.direct_uA, balanced.iron_ug) == (0, 0, 0)
    assert any("same charge as written" in line for line in sentences(balanced))


def test_dense_disperse_pulses_are_counted_by_their_share() -> None:
    mixed = (
        "  one: {electroacupuncture: {site: ST36, current: 1 mA, pulse width: 100 us, "
        "dense-disperse: {dense: 100 Hz, disperse: 2 Hz}, duration: 10 min, at: 0 h, "
        "repeat: {every: 1 h, times: 2}}}\n"
    )
    row = assess(Experiment.parse(f"title: t\narms:\n{mixed}measure: [TNF at 3 h]\n"))[0]
    assert row.minutes == pytest.approx(20)
    assert row.pulses == 51 * 1200


@pytest.mark.parametrize(
    ("anaesthesia", "share"),
    [
        ("awake", 0.0),
        ("isoflurane during stimulation", 1.0),
        ("[{isoflurane: 1 %, at: -15 min, duration: 5 min}]", 1 / 3),
        (
            "[{isoflurane: 1 %, at: -15 min, duration: 6 min},"
            " {isoflurane: 2 %, at: -12 min, duration: 6 min}]",
            9 / 15,
        ),
        ("[{isoflurane: 0 %, at: -15 min, duration: 15 min}]", 0.0),
    ],
)
def test_isoflurane_hides_pain_for_as_long_as_it_is_given(anaesthesia: str, share: float) -> None:
    row = assess(
        needle(
            ONE.format(current="1 mA", width="200 us", more=""),
            extra=f"anaesthesia: {anaesthesia}\n",
        )
    )[0]
    assert row.asleep == pytest.approx(share, abs=1e-5)
    last = list(sentences(row))[-1]
    assert ("hides pain" in last) == (share > 0)
    assert ("awake: what hurts" in last) == (share == 0)


def test_like_stimuli_are_told_once_with_all_their_arms() -> None:
    rows = assess(Experiment.load("liu-2020"))
    assert next(r.arms for r in rows if r.stimulus.startswith("ST25 3 mA")) == (
        "belly 3 mA before",
        "belly 3 mA after",
        "belly before, no NPY neurons",
        "belly before, beta2 blocked",
        "belly after, alpha2 blocked",
    )
    light = next(r for r in assess(Experiment.load("liu-2021")) if r.kind == "light")
    assert (light.band, light.skin, light.charge_uC) == ("no charge", "not broken", 0)


def test_a_cut_nerve_makes_no_stimulus_painless() -> None:
    arms = ONE.format(current="3 mA", width="400 us", more="")
    cut = f"{arms}  cut: {{like: one, lesions: [sciatic]}}\n"
    (row,) = assess(needle(cut))
    assert row.arms == ("one", "cut")
    assert row.c_fibres is not None
    assert row.c_fibres.central > 0


def test_a_hook_has_an_unknown_area_and_needs_surgery() -> None:
    rows = assess(Experiment.load("vagus-nerve-stimulation"))
    hook = next(row for row in rows if row.charge_uC > 0)
    assert (hook.band, hook.k, hook.skin) == ("area unknown", None, "opened by surgery")
    line = next(sentences(hook))
    area = float(re.search(r"less than ([0-9.]+) mm²", line)[1])  # type: ignore[index]
    assert shannon_k(charge=hook.charge_uC, area=area / 100) == pytest.approx(DAMAGE_K, abs=0.01)


def test_light_within_the_body_needs_surgery() -> None:
    glow = (
        "  one: {{optogenetics: {{site: {site}, opsin: CatCh, irradiance: 10 mW/mm2, "
        "depth: {depth}, frequency: 10 Hz, duration: 15 min, at: -15 min}}}}\n"
    )
    inside = [("DMV", "0 mm"), ("ST36", "1 mm")]
    for site, depth in inside:
        assert assess(needle(glow.format(site=site, depth=depth)))[0].skin == "opened by surgery"
    assert assess(needle(glow.format(site="ST36", depth="0 mm")))[0].skin == "not broken"


def test_no_stimulus_gives_no_row() -> None:
    nothing = needle("  one: {}\n")
    assert assess(nothing) == ()
    assert fragment(()) == ""


def test_what_is_assumed_is_said() -> None:
    assert any("0.16 mm" in text for text in check().assumed)
    assert any("3 mm of bare shaft" in text for text in check().assumed)
    assert any("half-round tip" in text for text in check(more=", insulated: true").assumed)


def test_the_limits_of_k_and_of_the_proxy_are_said() -> None:
    assert "not a limit" in LIMITS_OF_K
    assert "not been validated for needles" in LIMITS_OF_K
    assert "stands in for pain, and poorly" in LIMITS_OF_PAIN


def test_the_fragment_is_a_whole_section() -> None:
    from xml.etree import ElementTree

    section = fragment(assess(Experiment.load("liu-2021")))
    tree = ElementTree.fromstring(section.replace("&nbsp;", " "))
    assert (tree.tag, tree.get("id")) == ("section", "safety")
    rows = tree.findall(".//tbody/tr")
    assert len(rows) == len(assess(Experiment.load("liu-2021")))
    words = "".join(tree.itertext())
    assert CLOSING in words
    assert LIMITS_OF_K in words


def test_names_of_arms_are_escaped() -> None:
    arms = ONE.format(current="1 mA", width="200 us", more="").replace("one:", '"<b>a</b>":')
    assert "&lt;b&gt;a&lt;/b&gt;" in fragment(assess(needle(arms)))


# The command


def test_the_command_prints_rates_for_everybody_and_exactly() -> None:
    done = call("safety")
    assert done.exit_code == 0
    assert "about 931 of 10,000 patients (510 to 1,462)" in done.stdout
    assert "rate not known" in done.stdout
    assert "not read at the source" in done.stdout
    assert "10.1136/bmjopen-2020-045961" in done.stdout
    assert done.stdout.rstrip().endswith(CLOSING)


def test_rates_as_json() -> None:
    found = json.loads(call("safety", "--json").stdout)
    by_id = {item["id"]: item for item in found["effects"]}
    assert not by_id["nausea"]["known"]
    first = by_id["any"]["rates"][0]
    assert first["per 10,000"] == 931
    assert first["interval per 10,000"] == [510, 1462]
    assert first["heterogeneity"] == "I² > 80 %"
    remembered = [r for item in found["effects"] for r in item["rates"] if r["trust"] == "R"]
    assert remembered
    assert all(r["read"] == "not read at the source" and not r["headline"] for r in remembered)
    assert found["closing"] == CLOSING


def test_the_command_checks_an_experiment(tmp_path: Path) -> None:
    file = tmp_path / "strong.yaml"
    file.write_text(
        f"title: T\narms:\n{ONE.format(current='3 mA', width='400 us', more='')}"
        "measure: [TNF at 1 h]\n"
    )
    done = call("safety", str(file))
    assert done.exit_code == 0
    assert "at or above 1.85" in done.stdout
    assert LIMITS_OF_K in done.stdout
    assert done.stdout.rstrip().endswith(CLOSING)
    rows = json.loads(call("safety", str(file), "--json").stdout)["stimuli"]
    assert rows[0]["band"] == "at or above"
    assert rows[0]["sentences"]


def test_an_unknown_experiment_is_refused_with_the_nearest_name() -> None:
    done = call("safety", "liu-2022")
    assert done.exit_code == 3
    assert "did you mean" in done.stderr


# Language


@pytest.mark.parametrize(
    "sentence",
    [
        "Acupuncture is safe.",
        "It is perfectly safe for you.",
        "You can have electroacupuncture.",
        "You may now try it.",
        "It will help against inflammation.",
        "This cures arthritis.",
        "It can be done safely.",
        "There is no risk.",
        "Go ahead.",
        "You are suitable for needling.",
        "It isn't painful, but it will relieve your pain.",
        "Nothing was found. It is safe.",
        "A guaranteed, risk-free therapy.",
    ],
)
def test_promises_and_permissions_are_found(sentence: str) -> None:
    assert promises(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This does not mean that needling is safe for you.",
        "Nobody knows whether it will help.",
        "The article says “it is safe for you” and cites nothing.",
        "Talk to your physician about your heart device.",
        "About 931 of 10,000 patients had a side effect.",
        CLOSING,
    ],
)
def test_denials_and_quotations_are_no_promises(sentence: str) -> None:
    assert promises(sentence) == ()


def written() -> list[tuple[str, str]]:
    """Every sentence of this part and of the ledger of claims, with the place where it stands."""
    data: dict[str, Any] = {
        name: read_data(name).data for name in ("adverse_events.yaml", "screening.yaml")
    }
    for file in sorted(CLAIMS.glob("C*.yaml")) if CLAIMS.is_dir() else ():
        data[file.name] = read_yaml(file.read_text(encoding="utf-8"), file=file.name).data
    found = [(place, text) for place, item in data.items() for text in texts(item, skip=QUOTED)]
    for name in names():
        rows = assess(Experiment.load(name))
        found += [(name, line) for row in rows for line in (*sentences(row), *row.assumed)]
    found += [("lay", item.lay) for item in load_effects()]
    return [*found, ("limits", LIMITS_OF_K), ("limits", LIMITS_OF_PAIN), ("closing", CLOSING)]


def test_no_sentence_promises_or_permits() -> None:
    everything = written()
    assert len(everything) > 300
    wrong = [(place, promises(text), text) for place, text in everything if promises(text)]
    assert wrong == []


@pytest.mark.parametrize("page", ["how-to/safety.md", "explanation/safety.md"])
def test_the_manual_neither_promises_nor_permits(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert promises(re.sub(r"```.*?```", "", text, flags=re.DOTALL)) == ()
    assert " ".join(text.split()).endswith("Talk to your physician about your own case.")
