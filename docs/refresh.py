"""Run again what the README and the tutorial show, and write the results into them.

`make results` does this; `tests/test_manual.py` fails when the numbers shown are no longer those of
the model. A result stands between `<!-- result: COMMAND -->` and `<!-- end -->`. COMMAND runs in a
folder of its own; there, each YAML block of the page that begins with `# NAME.yaml` is a file.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import reflexarc
from reflexarc.drawing import style

DOCS = Path(__file__).parent
PAGES = (DOCS.parent / "README.md", DOCS / "tutorial.md")
RESULT = re.compile(r"(<!-- result: (.+?) -->\n)(.*?)(<!-- end -->)", re.S)
PICTURES = {
    ("liu-2021", "measured-tnf-plasma-1-5-h"): "liu-2021-tnf.png",
}


def results(page: Path) -> dict[str, str]:
    """Run every command of a page and return what each prints, without the name of the folder."""
    text = page.read_text(encoding="utf-8")
    printed = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, block in re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", text, re.S):
            (Path(folder) / name).write_text(block, encoding="utf-8")
        for _, command, _, _ in RESULT.findall(text):
            words = command.split()
            assert words[0] == "reflexarc"
            done = subprocess.run(
                [sys.executable, "-m", *words],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode > 1:
                raise SystemExit(f"{command}: {done.stderr}")
            lines = [line.rstrip() for line in done.stdout.splitlines()]
            printed[command] = "\n".join(
                line for line in lines if not line.startswith("report:")
            ).strip("\n")
    return printed


def shown(page: Path) -> dict[str, str]:
    """Return what a page says that each command prints."""
    return {
        command: re.sub(r"^```\w*$", "", block, flags=re.M).strip("\n")
        for _, command, block, _ in RESULT.findall(page.read_text(encoding="utf-8"))
    }


def refresh(page: Path) -> None:
    """Write what the commands of a page print into the page."""
    new = results(page)
    text = RESULT.sub(
        lambda m: f"{m[1]}```text\n{new[m[2]]}\n```\n{m[4]}", page.read_text(encoding="utf-8")
    )
    page.write_text(text, encoding="utf-8")


def draw() -> None:
    """Draw the pictures of the README and the manual."""
    (DOCS / "images").mkdir(exist_ok=True)
    for experiment in {name for name, _ in PICTURES}:
        pictures = {picture.name: picture for picture in reflexarc.run(experiment).pictures}
        for (name, picture), file in PICTURES.items():
            if name == experiment:
                with style():
                    pictures[picture].figure.savefig(
                        DOCS / "images" / file,
                        dpi=130,
                        facecolor="white",
                        metadata={"Software": ""},
                    )


if __name__ == "__main__":
    for page in PAGES:
        refresh(page)
    draw()
