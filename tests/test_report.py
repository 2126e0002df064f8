"""The page and its pictures."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import xarray

import reflexarc
from reflexarc.drawing import POINTS, _fewer, arm_looks
from reflexarc.figures import clock, inline, svg
from reflexarc.protocol import Experiment
from reflexarc.report import charge_of, number, p_value, render, shannon_k
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


def test_page_is_whole_and_asks_for_nothing(page: str):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert "script" not in re.findall(r"<(\w+)", page)
    assert all(address.startswith(("#", "data:,")) for address in reader.addresses)
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page).replace("http-equiv", "")
    assert "url(http" not in page
    targets = {a[1:] for a in reader.addresses if a.startswith("#")}
    assert {"short", "done", "results", "survival", "courses", "trust"} <= set(reader.ids)
    assert targets <= set(reader.ids)


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
        "Charge per pulse",
        "Shannon 1992",
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


@pytest.mark.parametrize(
    ("current", "width", "k"), [("0.5 mA", "200 us", -0.18), ("3 mA", "400 us", 1.98)]
)
def test_shannon_against_published_arithmetic(current: str, width: str, k: float):
    """A needle of 0.16 mm with 3 mm bare has 0.0151 cm²."""
    needle = (
        Experiment.parse(YAML.replace("3 mA", current).replace("400 us", width))
        .arms["leg"]
        .electroacupuncture[0]
    )
    charge, area = charge_of(needle)
    assert area == pytest.approx(0.0151, abs=5e-5)
    assert shannon_k(charge=charge, area=area) == pytest.approx(k, abs=0.01)


def test_charge_is_flagged(page: str):
    row = page[page.index("3 mA × 400 us") :].split("</tr>")[0]
    assert "1.20 µC" in row
    assert "1.98" in row
    assert ">above<" in row
    assert "0 mA × " not in page


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
