"""Compare `evidence/references.json` with Crossref and PubMed, and write what differs as a diff.

For maintainers; needs the network and `pip install '.[maintain]'`. Nothing is overwritten: read the
diff, and apply what is right with `patch -p1 < references.diff`.

    python tools/refresh_references.py --email you@example.org            # all entries
    python tools/refresh_references.py --email you@example.org liu2021    # some

What a register says is taken where the entry has nothing or only something unconfirmed. Where both
say something and they differ, the entry stays as it is and the difference is told on stderr: a
register can be wrong. Errata, corrections, retractions and expressions of concern that a register
knows and the entry doesn't are added.
"""

import argparse
import copy
import difflib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILE = Path("src/reflexarc/evidence/references.json")
ORDER = (
    "id",
    "type",
    "title",
    "author",
    "container-title",
    "container-title-short",
    "publisher",
    "issued",
    "volume",
    "issue",
    "page",
    "DOI",
    "PMID",
    "PMCID",
    "URL",
    "custom",
    "note",
)
CUSTOM = ("verified", "unconfirmed", "abridged", "integrity")
NOTICES = {
    "erratum": "erratum",
    "corrigendum": "correction",
    "correction": "correction",
    "retraction": "retraction",
    "removal": "retraction",
    "withdrawal": "retraction",
    "partial_retraction": "retraction",
    "expression_of_concern": "expression of concern",
}
Item = dict[str, Any]


def dump(items: Iterable[Mapping[str, Any]]) -> str:
    """Return references as the text of the file: by key, one author a line, fields in order."""
    ordered = []
    for item in sorted(items, key=lambda item: str(item["id"])):
        custom = {key: item["custom"][key] for key in CUSTOM if key in item["custom"]}
        ordered.append({key: {**item, "custom": custom}[key] for key in ORDER if key in item})
    text = json.dumps(ordered, indent=1, ensure_ascii=False)
    name = r'\{\n\s+"family": ("[^"\n]*")(?:,\n\s+"given": ("[^"\n]*"))?\n\s+\}'
    text = re.sub(
        name,
        lambda m: f'{{"family": {m[1]}' + (f', "given": {m[2]}' if m[2] else "") + "}",
        text,
    )
    text = re.sub(
        r'\{\n\s+"date-parts": \[\n\s+\[\n\s+(\d+)\n\s+\]\n\s+\]\n\s+\}',
        r'{"date-parts": [[\1]]}',
        text,
    )
    text = re.sub(
        r'"unconfirmed": \[\n\s+([^\]]*?)\n\s+\]',
        lambda m: '"unconfirmed": [' + re.sub(r"\s*\n\s*", " ", m[1]) + "]",
        text,
    )
    return f"{text}\n"


def from_crossref(message: Mapping[str, Any]) -> Item:
    """Return what a work of Crossref says, in the fields of the file."""
    found: Item = {}
    for field in ("title", "container-title", "short-container-title"):
        if message.get(field):
            name = "container-title-short" if field.startswith("short") else field
            found[name] = " ".join(re.sub(r"<[^>]+>", "", message[field][0]).split())
    for field in ("volume", "issue", "page", "DOI"):
        if message.get(field):
            found[field] = str(message[field])
    if "page" not in found and message.get("article-number"):
        found["page"] = str(message["article-number"])
    authors = [
        {key: author[key] for key in ("family", "given") if author.get(key)}
        if author.get("family")
        else {"literal": author["name"]}
        for author in message.get("author", ())
        if author.get("family") or author.get("name")
    ]
    if authors:
        found["author"] = authors
    for field in ("published-print", "issued"):
        parts = (message.get(field) or {}).get("date-parts") or [[None]]
        if parts[0] and parts[0][0]:
            found["issued"] = {"date-parts": [[int(parts[0][0])]]}
            break
    found["integrity"] = [
        {"kind": NOTICES[update["type"]], "where": f"doi {update['DOI']}", "note": "by Crossref"}
        for update in message.get("updated-by", ())
        if update.get("type") in NOTICES and update.get("DOI")
    ]
    return found


def from_pubmed(summary: Mapping[str, Any]) -> Item:
    """Return what a summary of PubMed says, in the fields of the file."""
    found: Item = {}
    fields = {
        "Title": "title",
        "FullJournalName": "container-title",
        "Source": "container-title-short",
        "Volume": "volume",
        "Issue": "issue",
        "Pages": "page",
        "Id": "PMID",
    }
    for theirs, ours in fields.items():
        if summary.get(theirs):
            found[ours] = str(summary[theirs]).rstrip(".")
    ids = summary.get("ArticleIds") or {}
    if ids.get("doi"):
        found["DOI"] = str(ids["doi"])
    if ids.get("pmc"):
        found["PMCID"] = str(ids["pmc"])
    year = re.match(r"\d{4}", str(summary.get("PubDate", "")))
    if year:
        found["issued"] = {"date-parts": [[int(year[0])]]}
    kinds = {str(kind) for kind in summary.get("PubTypeList", ())}
    if "Retracted Publication" in kinds:
        found["integrity"] = [
            {"kind": "retraction", "where": f"PMID {found.get('PMID', '')}", "note": "by PubMed"}
        ]
    return found


def merge(item: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Item, list[str]]:
    """Return an entry with what a register adds, and sentences on where the two differ.

    Args:
        item: The entry; it isn't changed.
        found: From `from_crossref` or `from_pubmed`.
    """
    new: Item = copy.deepcopy(dict(item))
    custom = new["custom"]
    loose = set(custom.get("unconfirmed", ()))
    differences = []
    for field, value in found.items():
        if field == "integrity":
            known = {(notice["kind"], notice["where"]) for notice in custom.get("integrity", ())}
            kinds = {notice["kind"] for notice in custom.get("integrity", ())}
            for notice in value:
                if (notice["kind"], notice["where"]) not in known and notice["kind"] not in kinds:
                    custom.setdefault("integrity", []).append(notice)
            continue
        takes = field not in new or field in loose or (field == "author" and "abridged" in custom)
        if takes:
            new[field] = value
            loose.discard(field)
            if field == "author":
                custom.pop("abridged", None)
        elif _plain(new[field]) != _plain(value):
            differences.append(f"{item['id']}: {field} is {new[field]!r}, the register: {value!r}")
    if loose:
        custom["unconfirmed"] = [f for f in custom.get("unconfirmed", ()) if f in loose]
    else:
        custom.pop("unconfirmed", None)
    return new, differences


def _plain(value: Any) -> str:
    """Return a value without case, marks and spaces; authors by the first family name."""
    if isinstance(value, list):
        value = value[0].get("family") or value[0].get("literal", "")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return re.sub(r"[\W_]+", "", text.casefold())


def ask_crossref(dois: Mapping[str, str], email: str) -> dict[str, Item]:
    """Return what Crossref says, by key.

    Args:
        dois: DOI of each key.
        email: Who asks; Crossref wants to know.
    """
    from habanero import Crossref  # type: ignore[import-not-found,unused-ignore]

    crossref = Crossref(mailto=email, ua_string="reflexarc references", timeout=30)
    found = {}
    for key, doi in dois.items():
        try:
            answer = crossref.works(ids=doi)
        except Exception as error:  # a DOI that the register doesn't have is told, not fatal
            print(f"{key}: Crossref has no answer for {doi}: {error}", file=sys.stderr)
            continue
        found[key] = from_crossref(answer["message"])
    return found


def ask_pubmed(pmids: Mapping[str, str], email: str) -> dict[str, Item]:
    """Return what PubMed says, by key.

    Args:
        pmids: PMID of each key.
        email: Who asks; the service wants to know.
    """
    from Bio import Entrez  # type: ignore[import-not-found,unused-ignore]

    if not pmids:
        return {}
    Entrez.email, Entrez.tool = email, "reflexarc references"
    keys = {pmid: key for key, pmid in pmids.items()}
    with Entrez.esummary(db="pubmed", id=",".join(keys), retmode="xml") as handle:
        summaries = Entrez.read(handle)
    return {keys[str(one["Id"])]: from_pubmed(one) for one in summaries if str(one["Id"]) in keys}


def main() -> int:
    """Write the diff; return 0 if nothing differs, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("keys", nargs="*", help="keys of references; all if left out")
    parser.add_argument("--email", required=True, help="your address, for the registers")
    parser.add_argument("--out", type=Path, default=Path("references.diff"))
    options = parser.parse_args()
    old = (ROOT / FILE).read_text(encoding="utf-8")
    items = {item["id"]: item for item in json.loads(old)}
    if unknown := [key for key in options.keys if key not in items]:
        parser.error(f"no such reference: {', '.join(unknown)}")
    keys = options.keys or list(items)
    differences: list[str] = []
    for ask, field in ((ask_crossref, "DOI"), (ask_pubmed, "PMID")):
        wanted = {key: items[key][field] for key in keys if field in items[key]}
        for key, found in ask(wanted, options.email).items():
            items[key], more = merge(items[key], found)
            differences += more
    new = dump(items.values())
    diff = "".join(
        difflib.unified_diff(
            old.splitlines(keepends=True),
            new.splitlines(keepends=True),
            f"a/{FILE.as_posix()}",
            f"b/{FILE.as_posix()}",
        )
    )
    options.out.write_text(diff, encoding="utf-8")
    for difference in differences:
        print(difference, file=sys.stderr)
    print(f"{len(keys)} asked, {len(differences)} differ, diff in {options.out}", file=sys.stderr)
    return int(bool(diff or differences))


if __name__ == "__main__":
    sys.exit(main())
