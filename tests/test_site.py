"""The evidence as a site: whole, linked, readable by everybody, and asking for nothing."""

import base64
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from reflexarc.claims import VERDICTS, load_claims
from reflexarc.cli import evidence as command
from reflexarc.cli.console import Lab
from reflexarc.contradictions import find_contradictions, load_contradictions
from reflexarc.contradictions.running import run_contradictions
from reflexarc.errors import InputError
from reflexarc.evidence import not_expressible
from reflexarc.evidence.reading import load_findings
from reflexarc.evidence_site import Simulated, pages, render_pages, write_site
from reflexarc.evidence_site.markup import address, anchor, linked, sourced
from reflexarc.findings import run_findings
from reflexarc.limits import LIMITS
from reflexarc.references import references
from reflexarc.safety import CLOSING, load_effects, promises
from reflexarc.safety.questions import load_screen

VOID = ("meta", "link", "br", "hr", "img", "input")
BLOCKS = ("p", "div", "ul", "ol", "dl", "table", "section", "h1", "h2", "h3", "figure", "details")
PATHS = sorted(render_pages())
RUN = (5, 9, 16)
"""Contradictions that are run here: with rivals, with an unscored side, and with no finding."""


class Page(HTMLParser):
    """What a page holds; tags must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.headings: list[int] = []
        self.misplaced: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice"
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        parent = self.open[-1] if self.open else ""
        if tag in BLOCKS and "p" in self.open:
            self.misplaced.append(f"{tag} in a paragraph")
        if (tag == "li") != (parent in ("ul", "ol")):
            self.misplaced.append(f"{tag} in {parent}")
        if tag == "a" and "a" in self.open:
            self.misplaced.append("a link in a link")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def ids(self) -> list[str]:
        return [str(given["id"]) for _, given in self.tags if "id" in given]

    @property
    def links(self) -> list[str]:
        return [str(given.get("href")) for tag, given in self.tags if tag == "a"]


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    outcomes = run_contradictions(find_contradictions(RUN))
    verdicts = {verdict.id: verdict for verdict in run_findings(ids=["L21"])}
    return Simulated(
        verdicts, {one.contradiction.number: one for one in outcomes}, seed=1, model="abc"
    )


@pytest.fixture(scope="module")
def texts(simulated: Simulated) -> Mapping[str, str]:
    return render_pages(simulated)


@pytest.fixture(scope="module")
def site(texts: Mapping[str, str]) -> Mapping[str, Page]:
    return {path: Page(text) for path, text in texts.items()}


@pytest.fixture(scope="module")
def published() -> Mapping[str, Page]:
    return {path: Page(text) for path, text in render_pages().items()}


# What is there


def test_everything_in_the_ledgers_has_its_place(published: Mapping[str, Page]) -> None:
    wanted = [address("finding", finding.id) for finding in load_findings()]
    wanted += [address("reference", key) for key in references()]
    wanted += [address("claim", claim.id) for claim in load_claims()]
    wanted += [f"claims.html#{claim.id}" for claim in load_claims()]
    wanted += [f"claims.html#{anchor(verdict)}" for verdict in VERDICTS]
    wanted += [address("contradiction", str(one.number)) for one in load_contradictions()]
    wanted += [f"contradictions.html#contradiction-{one.number}" for one in load_contradictions()]
    wanted += [f"safety.html#effect-{anchor(effect.id)}" for effect in load_effects()]
    wanted += [f"safety.html#question-{anchor(item.id)}" for item in load_screen().questions]
    wanted += [f"safety.html#rule-{anchor(rule.id)}" for rule in load_screen().rules]
    missing = []
    for target in wanted:
        path, _, name = target.partition("#")
        if path not in published or (name and name not in published[path].ids):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("which", ["site", "published"])
def test_every_link_leads_somewhere(which: str, request: pytest.FixtureRequest) -> None:
    found: Mapping[str, Page] = request.getfixturevalue(which)
    broken = []
    for path, page in found.items():
        for link in page.links:
            if re.match(r"https?://", link):
                continue
            target, _, name = link.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            there = there if target else path
            if there not in found or (name and name not in found[there].ids):
                broken.append(f"{path}: {link}")
    assert broken == []


def test_every_page_can_be_reached_from_the_index(published: Mapping[str, Page]) -> None:
    seen, front = set[str](), {"index.html"}
    while front:
        seen |= front
        front = {
            posixpath.normpath(posixpath.join(posixpath.dirname(path), link.partition("#")[0]))
            for path in front
            for link in published[path].links
            if not link.startswith(("#", "http"))
        } - seen
    assert seen == set(published)


def test_a_claim_has_its_whole_card(published: Mapping[str, Page]) -> None:
    for claim in load_claims():
        page = published[address("claim", claim.id)]
        lines = [claim.claim, claim.verdict, claim.plain, claim.precise, *claim.limits]
        lines += [claim.certainty.about, f"certainty: {claim.certainty.grade}"]
        lines += [*claim.certainty.reasons.values(), *claim.would_change_our_mind]
        lines += [claim.experiment or "No experiment of this model"]
        spaced = re.sub(r"\s", "", page.text)
        assert [line for line in lines if re.sub(r"\s", "", line) not in spaced] == []
        for name in claim.findings.all:
            assert f"../{address('finding', name)}" in page.links
        for key in claim.sources:
            assert f"../{address('reference', key)}" in page.links


def test_published_stands_beside_simulated(
    site: Mapping[str, Page], published: Mapping[str, Page], simulated: Simulated
) -> None:
    for verdict in simulated.verdicts.values():
        assert (
            f"{verdict.finding.published} Model {verdict.simulated}" in site["findings.html"].text
        )
    assert "Model" not in published["findings.html"].text.split()
    marks = ("badge pass", "badge fail", "badge none")
    assert all(
        given.get("class") not in marks for page in published.values() for _, given in page.tags
    )
    assert "nothing was run" in published["index.html"].text
    scores = simulated.scores["all"]
    assert f"all scored {scores.passed} of {scores.scored}" in site["index.html"].text


def test_a_contradiction_has_table_and_figure(
    site: Mapping[str, Page], simulated: Simulated
) -> None:
    for number, outcome in simulated.outcomes.items():
        page = site[address("contradiction", str(number))]
        for side in outcome.contradiction.sides:
            assert side.says in page.text
        for account in outcome.contradiction.accounts:
            assert account.name in page.text
        figures = [given for tag, given in page.tags if tag == "svg"]
        assert len(figures) == bool(outcome.contradiction.findings)
        for verdicts in outcome.verdicts.values():
            for verdict in verdicts.values():
                assert verdict.simulated in page.text
    assert "Nothing on either side can be run" in site[address("contradiction", "16")].text


def test_safety_is_told_out_of_ten_thousand_or_not_known(published: Mapping[str, Page]) -> None:
    text = published["safety.html"].text
    for effect in load_effects():
        assert effect.lay in text
        for count in effect.rates:
            assert count.exact in text
    for question in load_screen().questions:
        assert question.ask in text
    for rule in load_screen().rules:
        assert rule.sentence in text


def test_notices_and_reasons_stand_with_the_references(published: Mapping[str, Page]) -> None:
    text = published["references.html"].text
    for reference in references().values():
        for notice in reference.notices:
            assert text.count(notice.where) >= 2
            assert notice.note in text
        assert reference.verified in text
    assert "value of d_TNF" in text
    assert "Erratum in: Nature 2022;601:E9" in published["claims/C1.html"].text


def test_what_cannot_be_run_is_listed(published: Mapping[str, Page]) -> None:
    assert all(entry.needs in published["findings.html"].text for entry in not_expressible())


def test_a_run_that_contradicts_a_card_says_so(simulated: Simulated) -> None:
    verdicts = {verdict.id: verdict for verdict in simulated.verdicts.values()}
    claim = next(
        c for c in load_claims() if c.findings.all and set(c.findings.all) <= set(verdicts)
    )
    assert pages._objections(claim, simulated) == []
    name = claim.findings.all[0]
    broken = replace(simulated, verdicts=verdicts | {name: replace(verdicts[name], verdict="fail")})
    page = Page(render_pages(replace(broken, outcomes={}))[address("claim", claim.id)])
    assert "The run contradicts this card" in page.text
    assert f"{claim.id} cites {name} , which fails" in page.text


# How it is read


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_in_order(path: str, site: Mapping[str, Page]) -> None:
    page = site[path]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(page.headings))
    assert len(page.ids) == len(set(page.ids))
    assert [tag for tag, _ in page.tags].count("main") == 1
    assert ("html", {"lang": "en"}) in page.tags
    assert page.links[0] == "#main"
    assert "main" in page.ids
    assert page.text.endswith(CLOSING)
    assert LIMITS[0] in page.text
    assert LIMITS[1] in page.text
    assert page.misplaced == []


@pytest.mark.parametrize("path", PATHS)
def test_tables_and_figures_say_what_they_are(path: str, site: Mapping[str, Page]) -> None:
    for tag, given in site[path].tags:
        if tag == "th":
            assert given.get("scope") in ("col", "row", "colgroup", "rowgroup")
        if tag == "svg":
            assert given.get("aria-hidden") == "true" or (
                given.get("role") == "img" and given.get("aria-label")
            )
        if tag == "nav":
            assert given.get("aria-label") or given.get("aria-labelledby") in site[path].ids
        if given.get("role") == "region":
            assert given.get("tabindex") == "0"
            assert given.get("aria-label") or given.get("aria-labelledby") in site[path].ids
        assert "onclick" not in given


def test_titles_differ(site: Mapping[str, Page], texts: Mapping[str, str]) -> None:
    titles = [re.findall(r"<title>(.*?)</title>", text) for text in texts.values()]
    assert all(len(title) == 1 for title in titles)
    assert len({title[0] for title in titles}) == len(site)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_asks_for_nothing(
    path: str, site: Mapping[str, Page], texts: Mapping[str, str]
) -> None:
    tags = {tag for tag, _ in site[path].tags}
    assert not tags & {"script", "iframe", "object", "embed", "img", "form", "base", "video"}
    for tag, given in site[path].tags:
        assert not {"src", "srcset", "style", "action", "ping", "background"} & set(given)
        assert not [name for name in given if name.startswith("on")]
        if tag == "link":
            assert given == {"rel": "icon", "href": "data:,"}
        if tag == "a" and str(given["href"]).startswith("http"):
            assert path == "references.html"
            assert given["rel"] == "external noreferrer"
        elif tag == "a":
            assert not re.match(r"[a-z]+:|/", str(given["href"]))
        if tag == "use":
            assert str(given.get("xlink:href")).startswith("#")
    style = re.findall(r"<style>(.*?)</style>", texts[path], re.DOTALL)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policies = [
        str(given["content"])
        for tag, given in site[path].tags
        if given.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0].startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policies[0]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palettes(texts: Mapping[str, str]) -> list[dict[str, str]]:
    css = re.findall(r"<style>(.*?)</style>", texts["index.html"], re.DOTALL)[0]
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in (light, dark)]
    assert read[0].keys() == read[1].keys()
    return read


def test_letters_can_be_told_from_their_ground(texts: Mapping[str, str]) -> None:
    weak = []
    for palette in palettes(texts):
        pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "card")]
        pairs += [(name, f"{name}-back") for name in palette if f"{name}-back" in palette]
        assert {anchor(verdict) for verdict in VERDICTS} <= {ink for ink, _ in pairs}
        weak += [
            (ink, ground, round(ratio, 2))
            for ink, ground in pairs
            if (ratio := contrast(palette[ink], palette[ground])) < 4.5
        ]
    assert weak == []


def test_black_on_white_has_the_contrast_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_figures_take_the_colours_of_the_page(texts: Mapping[str, str]) -> None:
    figure = re.findall(r"<svg role.*?</svg>", texts["contradictions/5.html"], re.DOTALL)[0]
    assert "var(--pass-back)" in figure
    assert "var(--fail)" in figure
    assert set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+)"', figure)) == set()


def test_pages_fit_phones_and_the_dark(texts: Mapping[str, str]) -> None:
    for text in texts.values():
        assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
        assert "prefers-color-scheme: dark" in text
        tables = re.findall(r"(<div class=\"scroll[^>]*>)?\s*<table", text)
        assert all(tables), "a table without its own scroll would widen the page"


# Words


def test_every_verdict_is_explained() -> None:
    assert set(pages.MEANINGS) == set(VERDICTS)


@pytest.mark.parametrize("path", ["index.html", "safety.html"])
def test_nothing_is_promised_or_permitted(path: str, published: Mapping[str, Page]) -> None:
    assert promises(published[path].text) == ()


def test_only_known_ids_become_links() -> None:
    assert linked("see L21-1-TNF.", "../") == (
        'see <a href="../findings.html#L21-1-TNF">L21-1-TNF</a>.'
    )
    assert linked("XL21-1-TNF L21-1-TNFx liu2021x", "") == "XL21-1-TNF L21-1-TNFx liu2021x"
    assert linked("claim C41, C4", "") == '<a href="claims/C41.html">claim C41</a>, C4'
    assert linked("contradiction 15: x", "").startswith('<a href="contradictions/15.html">')
    longer = [
        f.id
        for f in load_findings()
        if any(f.id.startswith(g.id) and f != g for g in load_findings())
    ]
    assert longer
    assert all(linked(name, "").endswith(f'#{name}">{name}</a>') for name in longer)


def test_markup_in_a_text_is_shown_as_written() -> None:
    assert linked("<script>alert(1)</script> & L21-1-TNF", "").startswith("&lt;script&gt;")
    hostile = 'A "b" <i>. doi: 10.1/x"onclick=1. PMID: 1.'
    assert "<i>" not in sourced(hostile)
    assert 'x"' not in sourced(hostile)


def test_a_reference_leads_out_by_its_doi_first() -> None:
    assert 'href="https://doi.org/10.1038/s41586-021-04001-4"' in sourced(
        str(references()["liu2021"])
    )
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/30195028"' in sourced(
        str(references()["agac2018"])
    )
    assert "<a" not in sourced("Nobody. Nothing. 1900.")


# The folder


def test_a_site_is_written_whole_and_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "site"
    first = write_site(folder)
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert {page.path for page in first.pages} | {"site.json"} == {
        file.relative_to(folder).as_posix() for file in files
    }
    for page in first.pages:
        content = (folder / page.path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (page.size, page.sha256)
    (folder / "index.html").write_text("changed")
    (folder / "claims" / "C1.html").unlink()
    write_site(folder)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == files
    assert [entry.name for entry in folder.parent.iterdir()] == ["site"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert write_site(tmp_path).folder == tmp_path
    assert (tmp_path / "index.html").is_file()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: (place / "notes.txt").write_text("mine"), "holds something else"),
        (lambda place: (place / "site.json").write_text("[]"), "holds something else"),
        (lambda place: (place / "site.json").write_text('{"kind": "x"}'), "holds something else"),
    ],
)
def test_somebody_elses_folder_is_refused(make, message: str, tmp_path: Path) -> None:
    make(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(InputError, match=message):
        write_site(tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_file_of_ones_own_in_a_site_is_not_lost(tmp_path: Path) -> None:
    write_site(tmp_path / "site")
    (tmp_path / "site" / "claims" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds claims/mine\.txt, which is not part of the site"):
        write_site(tmp_path / "site")
    assert (tmp_path / "site" / "claims" / "mine.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        write_site(tmp_path / "site")


def test_what_stood_there_stays_if_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    write_site(folder)
    (folder / "index.html").write_text("old")
    real = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError("no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        write_site(folder)
    assert (folder / "index.html").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["site"]


# The command


def app() -> typer.Typer:
    made = typer.Typer(cls=Lab)
    made.command("evidence")(command.evidence)
    made.command("other")(lambda: None)
    return made


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    done = CliRunner().invoke(app(), ["evidence", "--html", str(folder), "--no-run", "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["index"] == str(folder / "index.html")
    assert record["simulated"] is False
    assert sorted(page["path"] for page in record["pages"]) == PATHS


def test_the_command_refuses_before_it_runs_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reflexarc import evidence_site

    def forbidden(**_: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr(evidence_site, "simulate", forbidden)
    (tmp_path / "mine.txt").write_text("mine")
    done = CliRunner().invoke(app(), ["evidence", "--html", str(tmp_path)])
    assert done.exit_code == 3
    assert "holds something else" in done.stderr


def test_the_command_hands_the_run_to_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulated: Simulated
) -> None:
    from reflexarc import evidence_site

    asked: dict[str, object] = {}

    def short(**given: object) -> Simulated:
        asked.update(given)
        return replace(simulated, outcomes={}, seed=7)

    monkeypatch.setattr(evidence_site, "simulate", short)
    folder = tmp_path / "site"
    done = CliRunner().invoke(app(), ["evidence", "--html", str(folder), "--seed", "7", "-q"])
    assert done.exit_code == 0, done.output
    assert asked["seed"] == 7
    assert done.stdout.strip() == str(folder / "index.html")
    assert "seed 7" in (folder / "findings.html").read_text()
