"""The linker: it does what the modules do, and refuses what it doesn't know."""

import subprocess

import numpy as np
import pytest

from page_modules import node
from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph
from reflexarc.system import System
from reflexarc.web.emitter import emit
from reflexarc.web.linker import LinkError, link
from reflexarc.web.site import MARK, site_files, write_site

MODULES = {
    "main.js": (
        'import { one, two as deux } from "./lib/numbers.js";\n'
        'import * as all from "./lib/numbers.js";\n'
        'import table, { size } from "./data/table.js";\n'
        "// the word import in a comment is no import\n"
        "console.log(one + deux, Object.keys(all).sort().join(), table.x, size);\n"
        'import("./data/late.js").then((late) => console.log(late.default));\n'
    ),
    "lib/numbers.js": (
        "export const one = 1;\nexport function three() { return 3; }\n"
        "const two = 2;\nexport { two };\n"
    ),
    "data/table.js": "export const size = 7;\nexport default { x: 5 };\n",
    "data/late.js": 'export default "late";\n',
    "engine/start.js": "export function startWorker() { return new Worker(import.meta.url); }\n",
    "engine/worker.js": "self.onmessage = () => 1;\n",
}
NAMES = {"entry": "main.js", "worker": "engine/worker.js", "starter": "engine/start.js"}


def linked(**changed):
    return link(
        {**MODULES, **{k.replace("_", "/") + ".js": v for k, v in changed.items()}}, **NAMES
    )


def test_the_script_does_what_the_modules_do(tmp_path):
    script = tmp_path / "all.cjs"
    script.write_text(linked())
    done = subprocess.run([node(), str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "3 one,three,two 5 7\nlate\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('import "./lib/numbers.js";\n', "main.js, near line 1"),
        ('\nexport * from "./lib/numbers.js";\n', "main.js, near line 2"),
        ("export let x = 1;\n", "main.js, near line 1"),
        ("const name = 'x'; import(name);\n", "main.js, near line 1"),
        ("console.log(import.meta.url);\n", "main.js, near line 1"),
        ('import { x } from "./nowhere.js";\n', "there is no module nowhere.js"),
    ],
)
def test_another_form_is_refused_with_its_place(text, words):
    with pytest.raises(LinkError, match=words):
        linked(main=text)


def test_a_circle_is_refused():
    with pytest.raises(LinkError, match="circle"):
        linked(
            lib_numbers='import table from "../data/table.js";\nexport const one = 1;\n',
            data_table='import { one } from "../lib/numbers.js";\nexport default one;\n',
        )


def test_the_emitter_refuses_what_the_page_cannot_run():
    graph = Graph()
    system = System(
        name="clock",
        graph=graph,
        states=("x",),
        parameters=(),
        values=np.zeros(0),
        initial=(graph.number(0.0),),
        rates=(graph.symbol(TIME),),
        variables={"x": graph.symbol("x")},
    )
    with pytest.raises(InputError, match="time"):
        emit(system)


def test_a_site_is_whole_and_says_what_it_is(tmp_path):
    folder = tmp_path / "site"
    write_site(folder)
    assert {"index.html", "boot.js", "model.js", "offline.js", "data/sites.js", MARK} <= {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    assert not list(folder.rglob("*.part"))
    (folder / "data" / "mine.txt").write_text("kept")
    write_site(folder)
    assert (folder / "data" / "mine.txt").read_text() == "kept"


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not empty"):
        write_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_the_same_model_gives_the_same_bytes():
    assert site_files() == site_files()
