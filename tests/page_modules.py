"""Running the page's own modules through node, with plain data in and out."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

PAGE = Path(str(files("reflexarc.web").joinpath("page")))


def node() -> str:
    """Return the program: the system's, or the one that comes with the driver of the browser."""
    found = shutil.which("node")
    if found is None:
        from playwright._impl._driver import compute_driver_executable

        found = str(compute_driver_executable()[0])
    return found


def run_script(script: Path, data: Any) -> Any:
    """Return what a module writes as JSON when it is given data as JSON."""
    return _json([node(), str(script)], data, PAGE)


def run_module(script: str, data: Any = None) -> Any:
    """Return what a script puts into `result`, given `data`; it imports from the page's folder."""
    whole = (
        "import { readFileSync } from 'node:fs';\n"
        "const data = JSON.parse(readFileSync(0, 'utf-8'));\nlet result;\n"
        f"{script}\nprocess.stdout.write(JSON.stringify(result));\n"
    )
    return _json([node(), "--input-type=module", "--eval", whole], data, PAGE)


def _json(command: list[str], data: Any, folder: Path) -> Any:
    done = subprocess.run(
        command,
        input=json.dumps(data),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
