"""The page and its pictures."""

import math
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure

import reflexarc
from reflexarc import experiments
from reflexarc.drawing import POINTS, _fewer, arm_looks
from reflexarc.figures import Picture, clock, inline, svg, window_of
from reflexarc.limits import in_short, limits
from reflexarc.protocol import Experiment
from reflexarc.relevance import claims_of, contradictions_of, findings_of
from reflexarc.report import _glance, number, p_value, render
from reflexarc.safety import CLOSING, assess, sentences
from reflexarc.schedule import intervals, marks
from reflexarc.timeline import Edge, Timeline

YAML = """
title: Leg & <belly>
about: A test.
sources: [Somebody 2020]
challenge: {LPS: 5 mg/kg}
animals: {per arm: 4}
arms:
  sham: {electroacupuncture: {site: ST36, current: 0 mA, frequency: 10 Hz, pulse width: 400 us,
                              duration: 15 min, at: -15 min}}
  leg: {like: sham, electroacupuncture: {current: 3 mA}, lesions: [PROKR2 sensory neurons]}
  "<script>alert(1)</script>": {like: sham}
measure: [TNF in plasma at 90 min, survival for 7 d]
compare: {to: sham}
"""


@pytest.fixture(scope="module")
def result():
    return reflexarc.run(Experiment.parse(YAML))


@pytest.fixture(scope="module")
def page(result) -> str:
    return render(result, figures={p.name: inline(svg(p.figure)) for p in result.pictures})


class Reader(HTMLParser):
    """Collects tags, ids, links and words; checks that tags close."""

    VOID = ("meta", "link", "br", "hr", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids += [named["id"]] if named.get("id") else []
        self.addresses += [v for k, v in named.items() if k in ("src", "href", "xlink:href") and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_page_is_whole_and_asks_for_nothing(page: str):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert "script" not in re.findall(r"<(\w+)", page)
    assert all(address.startswith(("#", "data:,")) for address in reader.addresses)
    bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page).replace("http-equiv", "")
    # A reference may show its address as text; nothing may ask for it.
    assert not re.search(r"""(src|srcset|href|action|data)\s*=\s*["']?\s*(https?:)?//""", bare)
    assert not re.search(r"@import|fetch\(|XMLHttpRequest", bare)
    assert "url(http" not in page
    assert {"safety", "claims", "contradictions"} <= set(reader.ids)
    targets = {a[1:] for a in reader.addresses if a.startswith("#")}
    assert {"short", "done", "results", "survival", "courses", "trust", "sources"} <= set(
        reader.ids
    )
    assert targets <= set(reader.ids)


def words_of(result) -> str:
    reader = Reader()
    reader.feed(render(result, figures={p.name: inline(svg(p.figure)) for p in result.pictures}))
    return reader.text


def test_degrees_and_lost_organs_are_told_as_such():
    found = reflexarc.run(
        Experiment.parse(
            """
title: Cold
challenge: {LPS: 5 mg/kg}
animals: {per arm: 3}
arms:
  rest: {challenge: none}
  ill: {}
  no stomach: {challenge: none, lesions: [stomach]}
  late: {challenge: none, lesions: [{name: stomach, at: 1 h}]}
measure: [temperature at 6 h, gastric motility at 0 h, 6 h]
compare: {to: rest}
"""
        )
    )
    text = words_of(found)
    assert re.search(r"37\.\d °C", text)
    assert re.search(r"−\d\.\d+ °C", text)
    assert "of degrees the difference" in text
    assert " K " not in text
    assert text.count("not there: stomach removed") == 3
    motility = found.measurements[found.measurements["observable"] == "gastric motility"]
    kept = motility[motility["value"].notna()]
    assert not motility["dead"].any()
    assert set(zip(kept["arm"], kept["time"], strict=True)) == {
        ("rest", 0.0),
        ("rest", 6.0),
        ("ill", 0.0),
        ("ill", 6.0),
        ("late", 0.0),
    }
    course = found.trajectories["gastric_motility"].sel(arm="late")
    assert np.isfinite(course.sel(time=slice(None, 0.99))).all()
    assert np.isnan(course.sel(time=slice(1.0, None))).all()


def test_what_is_measured_in_two_places_is_named_with_its_place():
    found = reflexarc.run(
        Experiment.parse(
            """
title: Two places
challenge: {CLP: {ligation: 50 %, needle: 21 G, punctures: 1}}
animals: {per arm: 2}
arms: {one: {}}
measure: [bacteria in peritoneum at 6 h, bacteria in plasma at 6 h, TNF at 6 h]
"""
        )
    )
    text = words_of(found)
    heads = "Arm bacteria, peritoneum, 6 h bacteria, plasma, 6 h TNF, 6 h one"
    assert heads in text
    for place in ("peritoneum", "plasma"):
        assert f"Bacteria, {place} at 6 h: each animal" in text
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in found.plot().axes]
    assert sum("bacteria" in title for title in titles) == 2
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ({"challenge": {"LPS": "4 mg/kg"}}, "a bolus of endotoxin in healthy young mice", "CLP"),
        (
            {
                "challenge": {"LPS": "1 ng/kg/h", "route": "i.v.", "duration": "4 h"},
                "animals": {"species": "human"},
            },
            "an infusion of endotoxin in healthy people",
            "No datum",
        ),
        (
            {"challenge": {"LPS": "5 ng/kg", "route": "i.v."}, "animals": {"species": "human"}},
            "No datum stands behind LPS 5 ng/kg i.v.: people were given 0.3 to 4 ng/kg of LPS.",
            "young",
        ),
        (
            {"challenge": {"LPS": "4 ng/kg", "route": "i.v."}, "animals": {"species": "human"}},
            "in healthy people",
            "No datum",
        ),
        (
            {"challenge": {"CLP": {"ligation": "50 %", "needle": "21 G", "punctures": 1}}},
            "CLP is not human sepsis: a punctured caecum in healthy young mice.",
            "LPS",
        ),
        (
            {"challenge": {"E. coli": "1e8 CFU"}, "animals": {"species": "rat"}},
            "E. coli in healthy young rats.",
            "LPS",
        ),
        ({}, "Not medical advice", "sepsis"),
    ],
)
def test_limits_speak_of_what_was_done(changes: dict[str, object], said: str, unsaid: str):
    plain = {"title": "a", "arms": {"one": {}}, "measure": ["TNF at 1 h"]}
    words = " ".join(limits(Experiment.from_mapping(plain | changes)))
    assert said in words
    assert unsaid not in words


def test_a_line_names_the_animals_and_what_made_them_ill():
    plain = {"title": "a", "arms": {"one": {}}, "measure": ["TNF at 1 h"]}
    rats = {"challenge": {"LPS": "1 mg/kg"}, "animals": {"species": "rat"}}
    clp = {"challenge": {"CLP": {"ligation": "50 %", "needle": "21 G", "punctures": 1}}}
    said = [
        in_short(Experiment.from_mapping(plain | more) for more in some)
        for some in ([{}], [rats], [clp, rats, {}])
    ]
    assert [words.partition(". ")[0] for words in said] == [
        "Mice",
        "Rats; LPS: not human sepsis",
        "Mice, rats; LPS, CLP: not human sepsis",
    ]
    assert all("Not medical advice." in words for words in said)


def test_a_dose_beyond_what_people_were_given_is_marked():
    found = reflexarc.run(
        Experiment.parse(
            """
title: People
challenge: {LPS: 8 ng/kg, route: i.v.}
animals: {species: human, per arm: 2}
arms: {one: {}}
measure: [TNF at 1 h]
"""
        )
    )
    text = words_of(found)
    assert "LPS 8 ng/kg i.v. at 0 h (more than people were given)" in text
    assert "virtual people" in text


def test_page_says_what_it_must(page: str):
    reader = Reader()
    reader.feed(page)
    text = re.sub(r"\s+", " ", " ".join(reader.words))
    for words in (
        "LPS endotoxaemia is not human sepsis",
        "Not medical advice",
        "Leg & <belly>",
        "PROKR2 sensory neurons",
        "LPS 5 mg/kg i.p.",
        "Welch's t on logarithms, Holm",
        "Somebody 2020",
        "Safety of the stimuli",
        "Claims that this experiment speaks to",
        "Where the literature disagrees",
        "Shannon's k",
        "doi: 10.1038/s41586-021-04001-4",
        "McIntyre CC, Richardson AG, Grill WM",
        "assumed",
        "<script>alert(1)</script>",
    ):
        assert words in text, words


def test_page_fits_phones_and_the_dark(page: str):
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert "currentColor" in page
    assert not re.search(r'<svg[^>]* width="\d+pt"', page)


def test_every_picture_has_words_for_those_who_cannot_see(result):
    names = [picture.name for picture in result.pictures]
    assert len(set(names)) == len(names)
    for picture in result.pictures:
        text = svg(picture.figure, label=picture.caption)
        assert 'role="img"' in text
        assert 'aria-label="' in text


def test_svg_is_the_same_each_time_and_keeps_its_words(result):
    picture = next(p for p in result.pictures if p.group == "measured")
    first = svg(picture.figure, label="p < 0.001")
    assert first == svg(picture.figure, label="p < 0.001")
    assert "p &lt; 0.001" in first
    assert "TNF, plasma [pg/mL] at 90 min" in first
    ids = re.findall(r' id="([^"]+)"', first)
    assert all(f"#{name}" in first for name in ids)


def test_the_safety_of_the_stimuli_is_shown(page: str):
    section = page[page.index('<section id="safety">') :].split("</section>")[0]
    row = section[section.index("ST36 3 mA") :].split("</tr>")[0]
    assert ">1.2<" in row
    assert "1.98, at or above" in row
    words = reader(section).text
    for stimulus in assess(Experiment.parse(YAML)):
        for sentence in sentences(stimulus):
            assert " ".join(sentence.split()) in words


def reader(text: str) -> Reader:
    made = Reader()
    made.feed(text)
    return made


@pytest.fixture(scope="module")
def builtin():
    """Pages of the built-in experiments, without pictures."""
    found = {}
    for name in experiments.names():
        run = reflexarc.run(name, animals=1)
        groups = ("schedule", "measured", "survival", "courses")
        vars(run)["pictures"] = [Picture(group, group, "", Figure()) for group in groups]
        found[name] = render(run, figures=dict.fromkeys(groups, ""))
    return found


@pytest.mark.parametrize(
    ("name", "claims", "contradictions"),
    [
        ("liu-2021", {"C1", "C2", "C41"}, {1, 11}),
        ("liu-2020", {"C10", "C32"}, {2, 5}),
        ("vagus-nerve-stimulation", {"C13", "C29"}, {3}),
        ("torres-rosas-2014", {"C4", "C31"}, {4, 5}),
        ("current-dose-response", {"C21"}, {1}),
        ("lps-dose-response", {"C33"}, set()),
    ],
)
def test_a_built_in_experiment_shows_what_it_bears_on(builtin, name, claims, contradictions):
    experiment = Experiment.load(name)
    text = reader(builtin[name]).text
    touched = claims_of(experiment)
    assert claims <= {row.claim.id for row in touched}
    assert contradictions <= {row.contradiction.number for row in contradictions_of(experiment)}
    for row in touched:
        claim = row.claim
        assert f"{claim.id} {claim.claim} {claim.verdict} {claim.certainty.grade} :" in text
        for line in (claim.plain, *claim.limits, *claim.certainty.reasons.values()):
            assert line in text
    for disagreement in contradictions_of(experiment):
        assert disagreement.contradiction.question in text
        assert disagreement.contradiction.model in text
    if not contradictions:
        assert "stands on a side of a known disagreement" in text


def test_findings_belong_by_their_arms_or_by_their_paper():
    found = findings_of(Experiment.load("liu-2021"))
    assert found["L21-1-TNF"] is True
    assert found["L21-3-DMV"] is False  # of the paper, and an arm of it is not in the experiment
    assert found["TR-3-site"] is True  # of another paper, with the same arms
    weaker = Experiment.parse(
        "title: x\nchallenge: {LPS: 1.7 mg/kg}\narms: {a: {}}\nmeasure: [TNF at 90 min]"
    )
    assert findings_of(weaker) == {}
    assert claims_of(weaker) == ()


def test_an_experiment_of_ones_own_says_that_nothing_speaks_to_it(page: str):
    text = reader(page).text
    assert "No claim of the ledger cites a finding with the arms of this experiment" in text
    assert "stands on a side of a known disagreement" in text


def test_the_page_ends_with_what_it_is_not(page: str, builtin):
    for text in (page, *builtin.values()):
        assert reader(text).text.endswith(CLOSING)


def test_the_name_of_a_run_changes_with_what_its_page_shows(tmp_path, monkeypatch):
    from reflexarc import plan

    copy = tmp_path / "reflexarc"
    shutil.copytree(Path(plan.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(plan, "files", lambda _: copy)

    def digest() -> str:
        plan._code_digest.cache_clear()
        return plan._code_digest()

    try:
        seen = {digest()}
        shown = ("evidence/claims/C2.yaml", "safety/stimuli.html.j2", "evidence/references.json")
        for name in (*shown, "relevance.py", "citations/reasons.py", "kernel/methods.py"):
            file = copy / name
            file.write_text(file.read_text() + "\n# changed\n")
            seen.add(digest())
        assert len(seen) == 7
        (copy / "cli" / "run.py").write_text("")
        assert digest() in seen
    finally:
        plan._code_digest.cache_clear()


def test_numbers_read_well():
    assert number(0.5) == "0.500"
    assert number(12345.6) == "12\u2009346"
    assert number(-0.00002) == "−2.00 × 10⁻⁵"
    assert number(0.0) == "0.00"
    assert number(math.nan) == number(None) == "–"
    assert number(math.inf) == "∞"
    assert p_value(0.0004) == "< 0.001"
    assert p_value(0.0421) == "0.042"
    assert p_value(math.nan) == "–"
    assert clock(-1 / 60) == "−1 min"
    assert clock(1.0) == "1 h"


def test_arms_look_different_with_or_without_colour():
    names = ["sham", *(f"arm {chr(97 + i)}" for i in range(20))]
    looks = arm_looks(names, control="sham")
    pairs = {(colour, str(dash)) for colour, dash, _ in looks.values()}
    assert len(pairs) == len(names)
    doses = arm_looks([f"{i} mA" for i in range(6)])
    assert len({colour for colour, _, _ in doses.values()}) == 6


def test_schedule_is_read_off_the_timeline():
    timeline = Timeline(
        arm="a",
        start=-1.0,
        stop=5.0,
        initial={"present_D1": 0.0},
        edges=(
            Edge(-1.0, {"isoflurane_inspired": 1.5}),
            Edge(-0.25, {"recruited_AD_hind": 0.5, "pulse_rate_hind": 10.0}),
            Edge(0.0, {"recruited_AD_hind": 0.0, "pulse_rate_hind": 0.0}, {"LPS_blood": 1.0}),
            Edge(1.0, {"isoflurane_inspired": 0.0, "intact_splanchnic": 0.5}),
            Edge(2.0, {"infusion_NA": 1.0}),
        ),
    )
    assert intervals(timeline) == [
        ("anaesthesia", -1.0, 1.0),
        ("stimulus", -0.25, 0.0),
        ("infusion", 2.0, 5.0),
    ]
    assert marks(timeline) == [("lesion", -math.inf), ("dose", 0.0), ("lesion", 1.0)]


def test_everybody_dead_still_makes_a_page(result):
    gone = result.measurements.assign(value=math.nan, dead=True, below_limit=False)
    early = xarray.full_like(result.trajectories["death_time"], 0.5)
    deadly = replace(
        result, measurements=gone, trajectories=result.trajectories.assign(death_time=early)
    )
    page = render(deadly, figures={p.name: svg(p.figure) for p in deadly.pictures})
    assert page.count("no animal alive") == 3
    assert "0 of 4" in page
    assert "nan" not in re.sub(r"[a-z]+nan|nan[a-z]+", "", page)


def test_nothing_measured_still_makes_a_page():
    single = Experiment.parse(
        "title: One\narms: {only: {}}\nmeasure: [survival for 1 d]\nanimals: {per arm: 1}"
    )
    lonely = reflexarc.run(single)
    page = render(lonely, figures={p.name: svg(p.figure) for p in lonely.pictures})
    assert "Nothing but survival was measured" in page
    assert "No needle" not in page


def test_curves_are_drawn_with_few_points_that_miss_nothing():
    times = np.linspace(0, 10, 5000)
    curves = np.array([np.exp(-times), np.where(times > 5, np.sin(times), 0.0)])
    kept = _fewer(times, curves, 0.002)
    assert 2 < kept.size <= POINTS
    for curve in curves:
        assert abs(curve - np.interp(times, times[kept], curve[kept])).max() <= 0.002
    wild = np.random.default_rng(1).normal(size=(1, 5000))
    assert _fewer(times, wild, 0.0).size == POINTS
    assert _fewer(times[:1], curves[:, :1], 0.002).tolist() == [0]
    assert _fewer(times[:0], curves[:, :0], 0.002).size == 0


def test_page_stays_small(page: str):
    assert len(page) < 700_000


def test_an_arm_that_is_over_early_does_not_cut_the_story_short() -> None:
    """One arm is away from rest until 20 h; the other has no values after 10 h."""
    times = np.arange(0, 49.0)
    values = np.zeros((2, 3, times.size))
    values[0, :, :20] = np.linspace(1, 0.5, 20)
    values[0, :, 0] = 0
    courses = xarray.Dataset(
        {"TNF": (("arm", "animal", "time"), values.copy())}, coords={"time": times}
    )
    whole = window_of(courses, ["TNF"], [])
    values[1, :, 10:] = np.nan
    courses["TNF"] = (("arm", "animal", "time"), values)
    assert window_of(courses, ["TNF"], []) == whole == 24


def test_where_there_is_no_ratio_the_short_table_tells_the_level() -> None:
    text = """
title: Bacteria
animals: {per arm: 3}
arms:
  none: {}
  operated: {challenge: {CLP: {ligation: 100 %, needle: 18 G, punctures: 2}}}
measure: [bacteria in peritoneum at 6 h, corticosterone in plasma at 6 h]
compare: {to: none}
"""
    result = reflexarc.run(Experiment.parse(text))
    bacteria, hormone = _glance(result)["rows"][1]["cells"]
    assert bacteria["words"].endswith("CFU")
    assert float(bacteria["words"].split()[0]) > 1
    assert hormone["words"].startswith("×")
