"""What the site leaves out of the page's scripts changes nothing that they do."""

import pytest

from page_modules import PAGE, run_module
from reflexarc.web.squeezing import squeeze

MODULES = sorted(
    path.relative_to(PAGE).as_posix()
    for path in PAGE.rglob("*.js")
    if path.parent.name != "vendor" and path.name != "boot.js"
)


def test_a_template_literal_over_several_lines_is_left_alone() -> None:
    text = "const text = `\n  // not a comment\n`;\n"
    assert squeeze(text) == text


def test_a_licence_stays() -> None:
    assert squeeze("/*! MIT */\n// why\n") == "/*! MIT */\n// why\n"


def test_styles_lose_comments_only() -> None:
    assert (
        squeeze("/* why\n   so */\na {\n  b: c;\n}\n\n\nd { e: f }\n")
        == "a {\nb: c;\n}\nd { e: f }\n"
    )


def test_every_module_is_smaller_and_still_parses() -> None:
    """Comparing what two parsers see would need one; that node reads it is what can be asked."""
    texts = {name: squeeze((PAGE / name).read_text(encoding="utf-8")) for name in MODULES}
    script = """
    import { writeFileSync, mkdtempSync } from "node:fs";
    import { execFileSync } from "node:child_process";
    import { tmpdir } from "node:os";
    import { join } from "node:path";
    const folder = mkdtempSync(join(tmpdir(), "squeezed-"));
    result = [];
    for (const [name, text] of Object.entries(data)) {
      const file = join(folder, "module.mjs");
      writeFileSync(file, text);
      try { execFileSync(process.execPath, ["--check", file], { stdio: "pipe" }); }
      catch (error) { result.push(`${name}: ${error.stderr}`); }
    }
    """
    assert run_module(script, texts) == []
    whole = sum((PAGE / name).stat().st_size for name in MODULES)
    assert sum(len(text.encode()) for text in texts.values()) < 0.95 * whole


@pytest.mark.parametrize("name", ["shell/notation.js", "shell/voices.js"])
def test_strings_are_untouched(name: str) -> None:
    text = (PAGE / name).read_text(encoding="utf-8")
    for line in squeeze(text).splitlines():
        assert line in text
