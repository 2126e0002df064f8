"""The house keeps its own rules: pins, addresses, versions, direction of imports, size of files."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from reflexarc.yaml_source import read_yaml

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "reflexarc"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# A room may use those that stand before it, never those that stand after it, not even through a
# third. Every module has its room. The reader of findings stands apart from the rest of `evidence`:
# it makes the findings, which themselves are made of the fields that `evidence` defines.
ORDER = [
    "errors",
    "workers",
    "verdicts",
    "units",
    "yaml_source",
    "references",
    "expression",
    "instants",
    "system",
    "sbml",
    "kernel",
    "parameter_sets",
    "occurrences",
    "courses",
    "simulation",
    "course_files",
    "refusals",
    "biology",
    "published",
    "latex",
    "atlas",
    "vocabulary",
    "recruitment",
    "contact",
    "experiments",
    "protocol",
    "timeline",
    "outcomes",
    "evidence",
    "finding",
    "evidence.reading",
    "contradictions",
    "claims",
    "safety",
    "citations",
    "relevance",
    "article",
    "cohort",
    "reference",
    "compiled",
    "sensitivity",
    "ensemble",
    "sketch",
    "reducers",
    "census",
    "population",
    "assay",
    "statistics",
    "survival",
    "runs",
    "drawing",
    "schedule",
    "figures",
    "plan",
    "limits",
    "report",
    "records",
    "laboratory",
    "trials",
    "findings",
    "rivals",
    "contradictions.running",
    "contradictions.drawing",
    "evidence_site",
    "web",
    "search",
    "problem",
    "fitting",
    "bench",
    "server",
    "cli",
    "__main__",
]


def tracked_files() -> list[Path]:
    """Every file that git knows or would add; every file at all where there is no git."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.split("\0") if name]
        return [path for name in names if (path := ROOT / name).is_file()]
    return [path for path in (ROOT / "src").rglob("*") if path.is_file()]


def text_of(path: Path) -> str | None:
    data = path.read_bytes()
    if b"\0" in data[:4096]:
        return None
    return data.decode("utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(module: str) -> str | None:
    """The room of a module; the package itself, which loads names when they are used, has none."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        if (room := ".".join(parts[:length])) in ORDER:
            return room
    return None


def test_every_dependency_is_pinned() -> None:
    pins = {
        normal(line)
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    wanted = list(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        wanted += extra
    assert [name for name in map(normal, wanted) if name not in pins] == []


def test_constraints_are_plain_pins_without_addresses() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9.-]+==[a-z0-9.+!]+", line), line


def test_no_tracked_file_names_a_machine_path_or_a_registry() -> None:
    path = re.compile(r"""(?<![\w.}/:-])/(?:tmp|root|home|work|opt)/\w""")
    host = re.compile(r"pypi[.]org|pythonhosted[.]|npmjs[.]|proxy[.]golang|deb[.]debian|index-url")
    found = []
    for file in tracked_files():
        if file == Path(__file__):
            continue
        for number, line in enumerate((text_of(file) or "").splitlines(), 1):
            if path.search(line) or host.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    citation = read_yaml((ROOT / "CITATION.cff").read_text()).data
    assert citation["version"] == version
    assert citation["license"] == PROJECT["license"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)
    import reflexarc

    assert reflexarc.__version__ == version


def test_the_citation_has_what_the_format_requires() -> None:
    citation = read_yaml((ROOT / "CITATION.cff").read_text()).data
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    for reference in citation["references"]:
        assert re.fullmatch(r"10\.\d{4,}/\S+", reference["doi"])


def test_the_licence_is_there_in_full() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def module_name(path: Path) -> str:
    return ".".join(["reflexarc", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(
        ".__init__"
    )


def imports() -> dict[str, set[str]]:
    """What each module imports when it is itself imported: not inside functions, not for types."""
    names = {module_name(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found: set[str] = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        graph[name] = (found & names.keys()) - {name, "reflexarc"}
    return graph


def test_no_module_needs_itself() -> None:
    graphlib.TopologicalSorter(imports()).prepare()  # raises where there is a circle


def test_every_module_has_its_room() -> None:
    assert [name for name in map(module_name, modules()) if room_of(name) is None] == ["reflexarc"]
    assert [room for room in ORDER if room not in map(room_of, map(module_name, modules()))] == []


def test_imports_go_one_way() -> None:
    graph = imports()
    wrong = []
    for name in graph:
        here = room_of(name)
        if here is None:
            continue
        reach, front = set[str](), {name}
        while front:
            reach |= front
            front = set[str]().union(*(graph[one] for one in front)) - reach
        for used in {room_of(one) for one in reach} - {None}:
            if ORDER.index(used) > ORDER.index(here):
                wrong.append(f"{name} uses {used}")
    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_short_and_says_what_it_is(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 400
    assert ast.get_docstring(ast.parse(source))
    assert not {"utils", "helpers", "managers", "registry"} & set(path.with_suffix("").parts)


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + "X|NotImplemented" + "Error)\\b")
    found = [
        str(path.relative_to(ROOT))
        for path in [*modules(), *(ROOT / "tests").rglob("*.py")]
        if marks.search(path.read_text())
    ]
    assert found == []


def test_import_loads_nothing_heavy() -> None:
    heavy = ["matplotlib", "pandas", "roadrunner", "scipy", "numpy", "xarray", "libsbml", "typer"]
    code = f"import sys, reflexarc; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    import reflexarc

    for name in reflexarc.__all__:
        assert getattr(reflexarc, name) is not None
    assert set(reflexarc.__all__) == set(dir(reflexarc))
    with pytest.raises(AttributeError, match="needle"):
        _ = reflexarc.needle


def test_make_and_ci_say_the_same() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test", "fit", "docs", "clean"):
        assert re.search(rf"^{target}:", makefile, re.M)
    ci = ROOT / ".ci" / "run"
    assert ci.stat().st_mode & 0o111
    assert ci.read_text().splitlines()[-1] == "make test"


def test_every_page_of_the_manual_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = [p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts]
    missing = [
        name
        for page in pages
        if (name := str(page.relative_to(ROOT / "docs").with_suffix(""))) != "index"
        and not re.search(rf"^{re.escape(name)}$", index, re.M)
    ]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        if "_build" in page.parts:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []
