"""Running the page's own modules through node, with plain data in and out."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(str(files("reflexarc.web").joinpath("page")))

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node isn't installed")


def run_module(script: str, data: Any = None) -> Any:
    """Return what a script puts into `result`, given `data`; it imports from the page's folder."""
    whole = (
        "import { readFileSync } from 'node:fs';\n"
        "const data = JSON.parse(readFileSync(0, 'utf-8'));\nlet result;\n"
        f"{script}\nprocess.stdout.write(JSON.stringify(result));\n"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", whole],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        cwd=PAGE,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
