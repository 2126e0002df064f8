"""Articles: what is read, how it is split, what is found in it, and how well that was measured."""

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from reflexarc.article import check_article, check_sentences, read_article, split_sentences
from reflexarc.article import reading as reading_module
from reflexarc.article.citations import check_citations
from reflexarc.article.margin import Note
from reflexarc.article.markup import html_blocks, markdown_blocks
from reflexarc.article.matching import match_sentences
from reflexarc.article.words import fold, lexicon
from reflexarc.claims import find_claim, load_claims
from reflexarc.cli import app
from reflexarc.errors import InputError

ARTICLES = Path(__file__).parent / "articles"
Labelled = tuple[str, set[str], set[str]]


def labelled(half: str) -> list[list[Labelled]]:
    articles = []
    for file in sorted((ARTICLES / half).glob("*.tsv")):
        rows: list[Labelled] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                labels, sentence = line.split("\t")
                words = labels.split()
                must = {word for word in words if word.startswith("C")}
                may = {word.strip("()") for word in words if word.startswith("(")}
                assert must or may or labels == "-", line
                rows.append((sentence, must, may))
        articles.append(rows)
    return articles


def precision_and_recall(half: str) -> tuple[float, float]:
    hits = reported = wanted = 0
    for rows in labelled(half):
        matches = match_sentences([sentence for sentence, _, _ in rows])
        for (_, must, may), found in zip(rows, matches, strict=True):
            ids = {match.claim.id for match in found} - may
            hits += len(ids & must)
            reported += len(ids)
            wanted += len(must)
    return hits / reported, hits / wanted


def found(sentence: str) -> list[str]:
    return [match.claim.id for match in match_sentences([sentence])[0]]


def note(sentence: str) -> Note:
    return check_sentences([sentence]).notes[0]


def test_there_are_enough_labelled_sentences_and_the_halves_share_none() -> None:
    tuning, test = ([row for rows in labelled(half) for row in rows] for half in ("tuning", "test"))
    assert len(tuning) >= 90
    assert len(test) >= 90
    assert not {row[0] for row in tuning} & {row[0] for row in test}
    for half in (tuning, test):
        touching = sum(bool(must) for _, must, _ in half)
        assert 0.2 <= 1 - touching / len(half) <= 0.6
        known = {claim.id for claim in load_claims()}
        assert {claim for _, must, may in half for claim in must | may} <= known


def test_precision_and_recall_on_the_test_half() -> None:
    precision, recall = precision_and_recall("test")
    assert precision >= 0.85
    assert recall >= 0.75


def test_precision_and_recall_on_the_tuning_half() -> None:
    precision, recall = precision_and_recall("tuning")
    assert precision >= 0.85
    assert recall >= 0.75


def test_every_claim_is_found_by_its_own_sentence() -> None:
    for claim in load_claims():
        phrase = claim.found_by.phrases[0]
        assert claim.id in found(phrase), (claim.id, found(phrase))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Needling the hind legs works, the tummy does not.",
            "EA of the hindlimb, not the abdomen.",
        ),
        ("Acupuncture calms inflammation.", "Electro-acupuncture lowers cytokines."),
        ("Acupuncture lowers TNF-α.", "Needles reduce tumour necrosis factor."),
        ("Acupuncture boosts immunity.", "Needling strengthens the immune system."),
    ],
)
def test_synonyms_lead_to_the_same_claim(one: str, other: str) -> None:
    assert found(one) == found(other) != []


@pytest.mark.parametrize(
    ("sentence", "claim", "stance"),
    [
        ("Acupuncture reduces inflammation.", "C12", "states"),
        ("Acupuncture does not reduce inflammation.", "C12", "denies"),
        ("Acupuncture may reduce inflammation.", "C12", "hedges"),
        ("Does acupuncture reduce inflammation?", "C12", "asks"),
        ("Acupuncture has no side effects.", "C24", "touches"),
        ("Acupuncture is not without risk.", "C24", "denies"),
        ("Acupuncture not only lowers inflammation, it is cheap.", "C12", "states"),
        ("Acupuncture never failed to lower inflammation.", "C12", "states"),
        ("If you have not slept, acupuncture lowers inflammation.", "C12", "states"),
        ("Electroacupuncture makes sepsis less likely.", "C4", "states"),
        (
            "Those who do not own a dog or a cat may hear that acupuncture lowers inflammation.",
            "C12",
            "touches",
        ),
        ("Needling should not be done near a pacemaker.", "C9", "states"),
    ],
)
def test_negations_hedges_and_questions(sentence: str, claim: str, stance: str) -> None:
    touch = note(sentence).touches[0]
    assert (touch.claim.id, touch.stance) == (claim, stance)


def test_other_species_and_other_points_are_remarked() -> None:
    (touch,) = note("In dogs, electroacupuncture at PC6 calms inflammation.").touches
    assert any("dogs" in remark for remark in touch.remarks)
    assert any("PC6" in remark for remark in touch.remarks)
    (touch,) = note("Acupuncture calms inflammation in zebrafish and guinea pigs.").touches
    assert "zebrafish and guinea pigs" in touch.remarks[0]
    (touch,) = note("In mice, electroacupuncture at ST36 calms inflammation.").touches
    assert touch.remarks == ()


def test_a_sentence_that_leans_on_the_one_before_takes_over_what_was_done() -> None:
    leaning = ["Acupuncture is old.", "It lowers inflammation."]
    assert [[m.claim.id for m in found] for found in match_sentences(leaning)] == [[], ["C12"]]
    alone = ["Ice is cold.", "It lowers inflammation."]
    assert match_sentences(alone) == [[], []]
    sure, unsure = match_sentences(["Acupuncture lowers inflammation.", leaning[1]])
    assert sure[0].confidence > unsure[0].confidence


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("Electroacupuncture cut TNF by way of the vagus.", ["C13", "C12"]),
        ("Once the vagus nerve was severed, electroacupuncture left TNF alone.", ["C31"]),
        ("With both vagi cut, needling did not lower TNF.", ["C31"]),
        ("Destroyed cells let inflammation rise.", []),
        ("Needles of a pine calm inflammation.", []),
        ("The sewing needle and the vaccine needle cause infection.", []),
        ("Adrenalectomy left vagus nerve stimulation as it was.", []),
    ],
)
def test_words_that_look_like_a_claim(sentence: str, claims: list[str]) -> None:
    assert found(sentence) == claims


def test_a_sentence_with_a_subject_of_its_own_leans_on_nothing() -> None:
    first = "Needles in the ear are said to reach the vagus."
    second = "Stimulation of the spleen nerve with ultrasound lowered TNF in volunteers."
    assert match_sentences([first, second])[1] == []
    first = "Electroacupuncture is given in hospitals."
    assert match_sentences([first, first, "Botox needles can cause bruising."])[2] == []
    (match,) = match_sentences([first, "It is tried instead of antibiotics."])[1]
    assert match.claim.id == "C39"


def test_confidence_is_between_nought_and_one_and_order_is_by_it() -> None:
    for rows in labelled("tuning"):
        for matches in match_sentences([sentence for sentence, _, _ in rows]):
            scores = [match.confidence for match in matches]
            assert all(0 < score < 1 for score in scores)
            assert scores == sorted(scores, reverse=True)


def test_an_article_on_something_else_touches_nothing() -> None:
    sentences = [
        "Side effects of the tablets include nausea, rash and bruising.",
        "Talk to your doctor before you take them.",
        "They lower inflammation in the legs but not in the belly.",
        "Do not take them if you are pregnant.",
    ]
    assert match_sentences(sentences) == [[], [], [], []]
    assert match_sentences([]) == []


def test_unmatched_sentences_are_said_to_be_unmatched() -> None:
    margin = check_sentences(["Acupuncture boosts immunity.", "The weather was fine."])
    record = margin.record()
    assert [line["matched"] for line in record["margin"]] == [True, False]
    assert (record["touching a claim"], record["touching no claim"]) == (1, 1)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("LPS was given i.p. at 0 h. Blood was drawn.", 2),
        ("See Fig. 2 and ref. 3, e.g. the i.v. arm (Liu et al. 2021). It fell.", 2),
        ("LPS was given i.p. Blood was drawn later.", 2),
        ("Dr. J. Smith et al. wrote it. He left the U.S. in 2020.", 2),
        ("A dose of 0.5 mA. And 3.0 mA!", 2),
        ('"Does it work?" she asked. "No." Then silence…', 3),
        ("1. First item goes on here.", 1),
        ("No mark at the end", 1),
        ("", 0),
        ("TNF fell vs. sham (approx. 40 %). IL-6 did not.", 2),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert len(split_sentences([text])) == sentences


def test_an_entry_of_a_reference_list_stays_whole_and_claims_nothing() -> None:
    entries = [
        "Liu S, Wang Z, et al. Electroacupuncture drives the vagal axis. Nature. 2021;598:641.",
        "3. Pan WX, Fan AY. Acupuncture in sepsis. Auton Neurosci. 2021;232:102793.",
    ]
    assert split_sentences(entries) == entries
    assert match_sentences(["Needles.", *entries]) == [[], [], []]
    (wrong,) = check_citations([entries[0].replace("2021", "2022")])
    assert wrong.record == "the year is 2021"


def test_joined_articles_split_into_the_sentences_they_were_made_of() -> None:
    total = wrong = 0
    for half in ("tuning", "test"):
        for rows in labelled(half):
            whole = [row[0] for row in rows]
            split = split_sentences([" ".join(whole)])
            total += len(whole)
            wrong += len(set(whole) - set(split))
    assert wrong / total < 0.04  # some lines of dialogue hold two sentences


@given(st.lists(st.text(max_size=200), max_size=5))
def test_splitting_loses_no_character_and_never_fails(blocks: list[str]) -> None:
    def bare(texts: list[str]) -> str:
        return "".join("".join(texts).split())

    assert bare(split_sentences(blocks)) == bare(blocks)


@given(st.text(max_size=400))
def test_markup_of_any_kind_is_read_without_failing(text: str) -> None:
    for blocks in (html_blocks(text.replace("\0", "")), markdown_blocks(text)):
        assert all(block.strip() for block in blocks)
    assert fold(fold(text)) == fold(text)


def test_html_and_markdown_leave_the_words() -> None:
    page = (
        "<html><head><title>T</title><style>p{}</style></head><body><script>a='<p>no</p>'</script>"
        "<!-- gone --><h1>Nee<b>dles</b></h1><p>5 < 6 TNF&alpha;<ul><li>one<li>two</ul></body>"
    )
    assert html_blocks(page) == ["T", "Needles", "5 < 6 TNFα", "one", "two"]
    front, code = "---\na: b\n---\n", "```\ncode\n```"
    text = f"{front}# Head\n\nSome *words* `x`\nand __more__.\n\n- item\n> said\n\n{code}"
    assert markdown_blocks(text) == ["Head", "Some words x and more.", "item said"]


@pytest.mark.parametrize("mark", ["<!", "<a ", "<a b='", "</", "<![CDATA[", "<div>", "&", "<!--"])
def test_marks_without_end_take_no_more_than_a_moment(mark: str) -> None:
    import time

    start = time.perf_counter()
    html_blocks(mark * 100_000)
    assert time.perf_counter() - start < 3


def test_masks_and_folding() -> None:
    words = lexicon()
    assert words.read("Electro-acupuncture").names("ea")
    assert not words.read("a needle biopsy in Las Vegas").names("needling")
    assert fold("TNF-α, IL‑1β and 0.5 µA: don’t") == "tnf alpha il 1 beta and 0.5 ua dont"


@pytest.mark.parametrize(
    ("sentence", "record"),
    [
        ("The 2022 volume of Nature has it: Liu et al. tell of PROKR2.", "the year is 2021"),
        ("Liu S et al. Nature 2022;598:641-645.", "the year is 2021"),
        ("Nature 2021;599:641-645, doi 10.1038/s41586-021-04001-4.", "the volume is 598"),
        ("doi:10.1038/s41586-021-04001-4, PMID: 34646019", "the PMID is 34646018"),
        ("https://doi.org/10.1038/nm.3479 (2016)", "the year is 2014"),
        ("Liu, doi 10.1038/s41586-021-04001-5.", "the DOI is 10.1038/s41586-021-04001-4"),
        ("doi 10.1038/nm.3479, PMC3949156.", "the PMCID is PMC3949155"),
        (
            "Liu, doi 10.1038/s41586-021-04001-4, and Torres-Rosas, Nat Med 2015;20:291, "
            "PMID 24562381.",
            "the year is 2014",
        ),
    ],
)
def test_statements_that_disagree_with_the_references(sentence: str, record: str) -> None:
    assert [one.record for one in check_citations([sentence])] == [record]


@pytest.mark.parametrize(
    "sentence",
    [
        "Liu S et al., Nature 2021;598:641-645, doi 10.1038/s41586-021-04001-4, PMID 34646018, "
        "PMCID PMC9178665 (erratum Nature 2022;601:E9).",
        "Torres-Rosas R et al., Nat Med 2014;20:291-295, doi 10.1038/nm.3479, PMID 24562381.",
        "Erratum: Nature 2022;601:E9.",
        "In nature, 2022 was a dry year.",
        "Somebody else, doi 10.1000/182, 2022.",
        "We met at 12:30 on 3 May 2014 to read doi 10.1038/nm.3479.",
        "Nature 2022;606:1-9 is another paper.",
        "Both papers (Torres-Rosas, PMID 24562381; Liu, doi 10.1038/s41586-021-04001-4) used mice.",
        "Two papers (PMID 24562381, 2014; doi 10.1038/s41586-021-04001-4, 2021) used mice.",
        "In 2014 Torres-Rosas (PMID 24562381) and in 2021 Liu (PMID 34646018) used mice.",
    ],
)
def test_statements_that_agree_or_are_of_other_papers(sentence: str) -> None:
    assert check_citations([sentence]) == []


def test_an_unknown_identifier_beside_a_known_one_is_not_sure() -> None:
    (wrong,) = check_citations(["doi 10.1038/nm.3479 (PMID 99999999)"])
    assert not wrong.sure
    (wrong,) = check_citations(["doi 10.1038/nm.3479 (PMID 24562381), PMID 99999999"])
    assert not wrong.sure


LIST = (
    "Needles are old. So is vitamin\nC today. They calm.\n\nReferences\n"
    "Liu S, Wang Z, et al. A basis for electroacupuncture\nto drive the vagal-adrenal axis. "
    "Nature 2022;598:641-645. PMID 34646018.\n"
    "Torres-Rosas R, Yehia G. Dopamine mediates it. Nat Med\n2014;20:291-295. PMID 24562381.\n"
    "Ma Q. Reflexes. Med Acupunct 2020;32:362-366.\n"
)


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_plain_list_of_references_splits_into_its_entries(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"list{suffix}"
    file.write_text(LIST)
    notes = check_article(file).notes
    texts = [note.sentence for note in notes]
    place = texts.index("References")
    assert [text.split()[0] for text in texts[place + 1 :]] == ["Liu", "Torres-Rosas", "Ma"]
    assert "So is vitamin C today." in texts
    records = [[one.record for one in note.citations] for note in notes[place + 1 :]]
    assert records == [["the year is 2021"], [], []]


def test_a_link_whose_text_is_its_doi_is_printed_once() -> None:
    link = '<a href="https://doi.org/10.1038/nm.3479">{}</a>'
    assert html_blocks(link.format("doi:10.1038/nm.3479")) == ["doi:10.1038/nm.3479"]
    assert html_blocks(link.format("this paper")) == ["10.1038/nm.3479 this paper"]


def test_a_year_of_a_journal_is_checked_where_the_claim_tells_the_paper() -> None:
    (wrong,) = note("You find the study in the 2022 volume of the journal Nature.").citations
    assert (wrong.reference, wrong.record, wrong.sure) == ("liu2021", "the year is 2021", False)
    assert note("You find the study in the 2021 volume of the journal Nature.").citations == ()


def pdf(lines: list[str]) -> bytes:
    """Return a PDF of one page with lines of text, written out by hand."""
    text = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td {text}ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n" + table
    return data + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


def test_all_kinds_of_files_say_the_same(tmp_path: Path) -> None:
    kinds = {
        "a.txt": b"Acupuncture boosts immu-\nnity.",
        "a.md": b"# Acupuncture *boosts* immunity.",
        "a.html": b"<p>Acupuncture <i>boosts</i> immunity.</p>",
        "a.pdf": pdf(["Acupuncture boosts immu-", "nity."]),
    }
    kinds["a.txt"] = b"Acupuncture boosts\nimmunity."
    for name, data in kinds.items():
        (tmp_path / name).write_bytes(data)
        (line,) = check_article(tmp_path / name).notes
        assert line.sentence == "Acupuncture boosts immunity."
        assert [touch.claim.id for touch in line.touches] == ["C23"]


def locked() -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["secret"]))))
    writer.encrypt("key", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", b"x", "known are .txt, .md, .html, .pdf"),
        ("a.htlm", b"x", "did you mean .html"),
        ("article", b"x", "nameless"),
        ("a.pdf", b"not one", "not a PDF"),
        ("a.pdf", b"%PDF-1.4 broken", "can't be read"),
        ("a.pdf", locked(), "locked with a password"),
        ("a.txt", pdf(["x"]), "a name that ends in .pdf"),
        ("a.txt", bytes(range(256)) * 40, "not a text"),
        ("a.txt", b"", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
        ("a.md", b"word " * 100_000, "too long"),
        ("a.html", b"<p>" + b"word " * 100_000, "too long"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=re.escape(message)):
        read_article(tmp_path / name)


def test_missing_files_folders_and_large_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_article(tmp_path / "none.txt")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(InputError, match="not a file"):
        read_article(tmp_path / "folder.txt")
    monkeypatch.setattr(reading_module, "LARGEST_FILE", 10)
    (tmp_path / "large.txt").write_text("more than ten bytes")
    with pytest.raises(InputError, match="too large"):
        read_article(tmp_path / "large.txt")


def test_the_command_prints_a_margin_and_the_same_as_json(tmp_path: Path) -> None:
    file = tmp_path / "article.md"
    file.write_text(
        "Acupuncture boosts immunity [see] it.\n\n"
        "Liu, Nature 2022;598:641.\n\nThe weather was fine."
    )
    shown = CliRunner().invoke(app, ["check", str(file)])
    assert shown.exit_code == 0
    for part in ("C23", "overstated", "[see]", "the year is 2021", "touches no claim", "1 of 3"):
        assert part in shown.stdout
    short = CliRunner().invoke(app, ["check", str(file), "--matched"])
    assert "weather" not in short.stdout
    data = json.loads(CliRunner().invoke(app, ["check", str(file), "--json", "-q"]).stdout)
    assert data["number of sentences"] == 3
    assert data["margin"][0]["claims"][0]["sources"] == list(find_claim("C23").sources)
    assert data["margin"][1]["citations"][0]["reference"] == "liu2021"
    assert CliRunner().invoke(app, ["check", str(tmp_path / "none.md")]).exit_code == 3
