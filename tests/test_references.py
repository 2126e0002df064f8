"""References: complete, well-formed, cited, not stripped of their errata; as text, BibTeX, CSL."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from reflexarc import atlas, biology
from reflexarc.citations import (
    all_reasons,
    cite,
    cite_experiment,
    cite_finding,
    cite_model,
    given_sources,
    names,
)
from reflexarc.cli import cite as command
from reflexarc.cli.console import Lab
from reflexarc.errors import InputError
from reflexarc.evidence.reading import load_findings
from reflexarc.protocol import Experiment
from reflexarc.references import KINDS, Notice, Reference, find_reference, keys_in, references
from reflexarc.references.bibtex import bibtex, escape
from reflexarc.references.vancouver import vancouver

ROOT = Path(__file__).parents[1]
FIELDS = {
    *("id", "type", "title", "author", "container-title", "container-title-short", "publisher"),
    *("issued", "volume", "issue", "page", "DOI", "PMID", "PMCID", "URL", "custom", "note"),
}
ERRATA = {"liu2021": ("erratum", "Nature 2022;601:E9")}
"""Notices that must not get lost."""


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    path = ROOT / "tools" / "refresh_references.py"
    spec = importlib.util.spec_from_file_location("refresh_references", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_whatever_is_cited_is_listed() -> None:
    missing = {key: why for key, why in all_reasons().items() if key not in references()}
    assert missing == {}


def test_whatever_is_listed_is_cited() -> None:
    assert [key for key in references() if key not in all_reasons()] == []


def test_every_table_and_ledger_is_asked() -> None:
    reasons = [reason for found in all_reasons().values() for reason in found]
    for beginning in (
        "value of ",
        "lesion ",
        "IL-10 i.v.",
        "site ",
        "depth of the needle",
        "PROKR2 fibres in the ",
        "diameters of ",
        "course of the ",
        "opsin ",
        "electrode on the ",
        "cable model",
        "data set ",
        "finding ",
        "source in which finding ",
        "contradiction ",
    ):
        assert any(reason.startswith(beginning) for reason in reasons), beginning
    for folder, word in (("claims", "claim "), ("safety", "safety: ")):
        if any((ROOT / "src/reflexarc/evidence" / folder).glob("*")):
            assert any(reason.startswith(word) for reason in reasons), folder


def test_no_citation_is_left_out() -> None:
    """Count the other way round: every cell of a table and every finding has its reason."""
    reasons = all_reasons()
    for parameter in biology.parameters():
        for key in keys_in(parameter.source):
            assert any(f"value of {parameter.id} " in reason for reason in reasons[key])
    for site in atlas.sites():
        for key in keys_in(site.source):
            assert any(reason.startswith(f"site {site.code}") for reason in reasons[key])
    for finding in load_findings():
        assert any(f"finding {finding.id}:" in reason for reason in reasons[finding.paper])


@pytest.mark.parametrize("key", references())
def test_an_entry_is_well_formed(key: str) -> None:
    reference = references()[key]
    item, custom = reference.item, reference.item["custom"]
    assert re.fullmatch(r"[a-z0-9]+", key)
    assert set(item) <= FIELDS
    assert set(custom) <= {"verified", "unconfirmed", "abridged", "integrity"}
    assert len(item["title"]) > 5
    assert len(custom["verified"]) > 5
    assert re.fullmatch(r"10\.\d{4,9}/[^\s]+[^\s.,;]", item.get("DOI", "10.1000/x1"))
    assert re.fullmatch(r"[1-9]\d{4,7}", item.get("PMID", "12345"))
    assert re.fullmatch(r"PMC[1-9]\d{3,7}", item.get("PMCID", "PMC1234"))
    assert item.get("URL", "https://x").startswith(("http://", "https://"))
    if "issued" in item:
        assert 1850 < item["issued"]["date-parts"][0][0] < 2100
    for author in item.get("author", []):
        assert set(author) in ({"family"}, {"family", "given"}, {"literal"})
        assert all(author.values())
    for notice in custom.get("integrity", []):
        assert set(notice) == {"kind", "where", "note"}
        assert notice["kind"] in KINDS
        assert notice["where"]


def test_no_number_stands_twice() -> None:
    for field in ("DOI", "PMID", "PMCID"):
        numbers = [
            reference.item[field].casefold()
            for reference in references().values()
            if field in reference.item
        ]
        assert len(numbers) == len(set(numbers)), field


def test_what_is_unknown_is_said() -> None:
    """A paper without a DOI says so in a word; a title that only describes is marked as such."""
    for key, reference in references().items():
        if reference.item["type"] == "article-journal" and "DOI" not in reference.item:
            told = f"{reference.verified} {' '.join(reference.unconfirmed)}"
            assert "DOI" in told or reference.unconfirmed or "PMCID" in reference.item, key
        if not reference.item.get("author") and reference.item["type"] == "article-journal":
            assert "author" in reference.unconfirmed or "author" in reference.verified, key


def test_no_erratum_is_lost() -> None:
    for key, (kind, where) in ERRATA.items():
        found = {(notice.kind, notice.where) for notice in references()[key].notices}
        assert (kind, where) in found
        assert where in vancouver(references()[key])
        assert where in bibtex(references()[key])


def test_liu_2021_is_of_2021() -> None:
    liu = find_reference("liu2021")
    assert (liu.year, liu.item["volume"], liu.item["page"]) == (2021, "598", "641-645")
    assert liu.item["PMID"] == "34646018"
    assert liu.item["PMCID"] == "PMC9178665"


def made(**fields: object) -> Reference:
    custom = {"verified": "made up for a test", **fields.pop("custom", {})}  # type: ignore[dict-item]
    item = {"id": "made1999", "type": "article-journal", "title": "A title", **fields}
    return Reference("made1999", {**item, "custom": custom})


def test_vancouver_text() -> None:
    authors = [
        {"family": name, "given": f"{name[0]}nn B."}
        for name in ("Ab", "Bc", "Cd", "De", "Ef", "Fg")
    ]
    whole = made(
        author=authors,
        **{"container-title": "Journal of Tests", "container-title-short": "J Tests"},
        issued={"date-parts": [[1999]]},
        volume="3",
        issue="2",
        page="641-645",
        DOI="10.1000/x.1",
        PMID="12345",
        PMCID="PMC1234",
    )
    assert vancouver(whole) == (
        "Ab AB, Bc BB, Cd CB, De DB, Ef EB, Fg FB. A title. J Tests. 1999;3(2):641-5. "
        "doi: 10.1000/x.1. PMID: 12345; PMCID: PMC1234."
    )
    seven = made(author=[*authors, {"family": "Gh"}])
    assert vancouver(seven).startswith("Ab AB, Bc BB, Cd CB, De DB, Ef EB, Fg FB, et al. A title.")
    assert vancouver(made(author=authors[:2], custom={"abridged": True})).startswith(
        "Ab AB, et al."
    )
    assert vancouver(made(author=[{"literal": "A Society"}])) == "A Society. A title."
    assert vancouver(made(title="Is it?", custom={"unconfirmed": ["title"]})) == "[Is it?]."


@pytest.mark.parametrize(
    ("pages", "shown"),
    [("641-645", "641-5"), ("99-104", "99-104"), ("799-811", "799-811"), ("e12", "e12")],
)
def test_pages_are_short(pages: str, shown: str) -> None:
    assert f":{shown}." in vancouver(made(volume="1", page=pages))


def test_a_retraction_can_not_be_overlooked() -> None:
    notice = {"kind": "retraction", "where": "Nature 2030;1:1", "note": ""}
    reference = made(custom={"integrity": [notice]})
    assert reference.notices == (Notice(**notice),)
    assert "RETRACTED; retraction in: Nature 2030;1:1." in str(reference)
    assert "RETRACTED" in bibtex(reference)


def test_bibtex_escapes_what_means_something_to_latex() -> None:
    text = "5 % & $1 of a_b #3 {x} ~ ^ \\ Ağaç Peña Süß α–β"
    assert escape(text) == (
        r"5 \% \& \$1 of a\_b \#3 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} "
        r"A{\u g}a{\c c} Pe{\~n}a S{\"u}{\ss} $\alpha$--$\beta$"
    )
    entry = bibtex(made(title="NPY and ST36 in Mice", author=[{"family": "Ab", "given": "C."}]))
    assert entry.splitlines() == [
        "@article{made1999,",
        "  author = {Ab, C.},",
        "  title = {{NPY} and {ST36} in Mice},",
        "}",
    ]


@pytest.mark.parametrize("key", references())
def test_every_entry_can_be_printed(key: str) -> None:
    reference = references()[key]
    assert vancouver(reference)
    assert "  " not in vancouver(reference)
    entry = bibtex(reference, ["a reason"])
    assert entry.count("{") - entry.count(r"\{") == entry.count("}") - entry.count(r"\}")
    assert entry.endswith("annote = {a reason},\n}")


def reasons_of(key: str, *words: str) -> tuple[str, ...]:
    return next(one.reasons for one in cite(*words) if one.reference.key == key)


def test_the_model_gives_its_reasons() -> None:
    reasons = reasons_of("tnfclearance1988")
    assert any(r.startswith("value of d_TNF (measured): half-life") for r in reasons)
    assert cite() == cite("model") == cite_model()


def test_an_experiment_gives_its_reasons() -> None:
    reasons = reasons_of("liu2021", "liu-2021")
    assert reasons[0] == "source that the experiment names"
    assert any(reason.startswith("site ST36") for reason in reasons)
    assert "lesion PROKR2 sensory neurons" in reasons
    cited = {one.reference.key for one in cite("torres-rosas-2014")}
    assert "kleinlogel2011" not in cited  # no light in it
    assert "kleinlogel2011" in {one.reference.key for one in cite("liu-2021")}


def test_an_experiment_shows_the_findings_that_run_it() -> None:
    from reflexarc.evidence.reading import load_experiments

    key = next(f.experiment for f in load_findings() if f.id == "MA-1-splanchnic")
    reasons = [r for one in cite_experiment(load_experiments()[key]) for r in one.reasons]
    assert any(reason.startswith("finding MA-1-splanchnic") for reason in reasons)


def test_a_source_that_is_not_listed_is_kept() -> None:
    experiment = Experiment.from_mapping(
        {
            "title": "One",
            "sources": ["Somebody 2020", "Liu S, doi:10.1038/S41586-021-04001-4."],
            "arms": {"a": {}},
            "measure": ["TNF at 1 h"],
        }
    )
    assert given_sources(experiment) == ("Somebody 2020",)
    assert cite_experiment(experiment)[0].reference.key == "liu2021"


def test_a_finding_gives_its_paper_and_where_it_was_read() -> None:
    finding = next(f for f in load_findings() if f.id == "L21-7-BL56")
    assert [one.reference.key for one in cite_finding(finding)] == ["liu2021", "gao2022"]
    assert cite("L21-7-BL56") == cite_finding(finding)
    assert {one.reference.key for one in cite("L21")} > {"liu2021", "gao2022"}


def test_a_claim_gives_its_references() -> None:
    from reflexarc.claims import load_claims

    for claim in load_claims():
        assert claim.id in names()
        assert {one.reference.key for one in cite(claim.id)} >= set(claim.sources)
    reasons = [reason for one in cite("C1") for reason in one.reasons]
    assert "claim C1: finding L21-3-DMV" in reasons


def test_an_experiment_cites_what_its_safety_rests_on() -> None:
    from reflexarc.safety import assess

    experiment = Experiment.load("liu-2021")
    keys = {key for row in assess(experiment) for key in row.sources}
    cited = {one.reference.key: one.reasons for one in cite_experiment(experiment)}
    for key in keys:
        assert any(reason.startswith("safety of ") for reason in cited[key])


def test_a_contradiction_gives_its_references() -> None:
    reasons = reasons_of("torresrosas2014", "contradiction 5")
    assert any(r.startswith("contradiction 5: dopamine, through D1") for r in reasons)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("liu-2012", "liu-2021"), ("gao2202", "gao2022"), ("L21-1-TFN", "L21-1-TNF")],
)
def test_an_unknown_word_is_told_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{nearest}'"):
        cite(word)
    with pytest.raises(InputError, match="did you mean 'liu2021'"):
        find_reference("liu2012")


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer(cls=Lab)
    app.command("cite")(command.cite)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["cite", *words])
    return done.exit_code, done.stdout


def test_the_command_prints_each_form(tmp_path: Path) -> None:
    code, text = run("L21-1-TNF", "-q")
    assert code == 0
    assert text.startswith("1. Liu S, Wang Z,")
    assert "   - finding L21-1-TNF: low-intensity" in text
    code, text = run("L21-1-TNF", "--format", "bibtex")
    assert text.startswith("@article{liu2021,")
    code, text = run("L21-1-TNF", "--format", "csl")
    (item,) = json.loads(text)
    assert item["id"] == "liu2021"
    assert item["custom"]["reasons"] == [
        "finding L21-1-TNF: low-intensity ST36 before LPS lowers TNF"
    ]
    file = tmp_path / "one.yaml"
    file.write_text("title: One\nsources: [Somebody 2020]\narms: {a: {}}\nmeasure: [TNF at 1 h]\n")
    code, text = run(str(file), "--json")
    data = json.loads(text)
    assert data["not listed"] == ["Somebody 2020"]
    assert {"key", "reasons", "vancouver", "csl"} == set(data["citations"][0])
    assert run("nobody1999")[0] == 3


def test_the_file_has_the_form_that_the_maintainers_tool_writes(refresh: ModuleType) -> None:
    text = (refresh.ROOT / refresh.FILE).read_text(encoding="utf-8")
    assert refresh.dump(json.loads(text)) == text


def test_a_register_fills_gaps_and_overwrites_nothing(refresh: ModuleType) -> None:
    item = {
        "id": "one1999",
        "type": "article-journal",
        "title": "A description",
        "author": [{"family": "Ab"}],
        "volume": "3",
        "custom": {"verified": "x", "unconfirmed": ["title"], "abridged": True},
    }
    crossref = refresh.from_crossref(
        {
            "title": ["A <i>true</i> title"],
            "container-title": ["Journal of Tests"],
            "author": [{"family": "Ab", "given": "C."}, {"name": "A Society"}],
            "volume": "4",
            "article-number": "e12",
            "published-print": {"date-parts": [[1999, 5]]},
            "updated-by": [{"type": "retraction", "DOI": "10.1000/r"}, {"type": "new_version"}],
        }
    )
    new, differences = refresh.merge(item, crossref)
    assert item["title"] == "A description"
    assert new["title"] == "A true title"
    assert new["author"] == [{"family": "Ab", "given": "C."}, {"literal": "A Society"}]
    assert new["volume"] == "3"
    assert differences == ["one1999: volume is '3', the register: '4'"]
    assert new["page"] == "e12"
    assert new["issued"] == {"date-parts": [[1999]]}
    assert new["custom"]["integrity"][0]["kind"] == "retraction"
    assert "unconfirmed" not in new["custom"]
    assert "abridged" not in new["custom"]
    pubmed = refresh.from_pubmed(
        {
            "Id": "12345",
            "Title": "A true title.",
            "PubDate": "1999 May",
            "ArticleIds": {"doi": "10.1000/x", "pmc": "PMC1234"},
            "PubTypeList": ["Retracted Publication"],
        }
    )
    newer, differences = refresh.merge(new, pubmed)
    assert (newer["PMID"], newer["PMCID"], newer["DOI"]) == ("12345", "PMC1234", "10.1000/x")
    assert differences == []
    assert len(newer["custom"]["integrity"]) == 1
