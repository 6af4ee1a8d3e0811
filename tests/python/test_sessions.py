"""Pictures and chains where people type: the prompt of Python, IPython, notebooks, and pdb."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from dot_reader import Drawn

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pty", reason="there are no such terminals here")

from terminal import at_terminal

WRITTEN = re.compile(r"Graph written to (\S+/heapgraph-\S+\.svg) \((\d+) nodes\)")


def test_the_prompt_of_python(tmp_path: Path) -> None:
    lines = [
        "import heapgraph",
        "class Leak: pass",
        "",
        "leak = Leak()",
        "holder = {'key': leak}",
        "heapgraph.show_backrefs(leak, max_depth=2)",
        "'_' in vars(__builtins__)",
        "heapgraph.find_backref_chain(leak, heapgraph.is_proper_module)",
        f"heapgraph.show_chain(_, filename='{tmp_path}/chain.dot')",
        f"heapgraph.show_backrefs(leak, filename='{tmp_path}/refs.dot')",
    ]
    status, shown = at_terminal(["-i", "-q"], lines, {"TMPDIR": str(tmp_path)})
    assert status == 0, shown
    assert len(WRITTEN.findall(shown)) == 1, shown
    # Nothing was returned, so nothing is in the history.
    assert "\nFalse\n" in shown
    assert f"Graph written to {tmp_path}/chain.dot (4 nodes)" in shown
    chain = Drawn((tmp_path / "chain.dot").read_text(encoding="utf-8"))
    assert [edge.label for edge in chain.edges] == [".__dict__", "['holder']", "['key']"]
    # Neither the chain in the history nor the variable of who asks holds it in the picture.
    refs = Drawn((tmp_path / "refs.dot").read_text(encoding="utf-8"))
    assert "Chain" not in refs.source
    assert [edge for edge in refs.edges if edge[1] == "Leak"] == [("dict", "Leak", "['key']")]


KEPT = """
import sys, types, heapgraph
shop = sys.modules["shop"] = types.ModuleType("shop")
exec("class Item: pass; items = [Item() for _ in range(2)]".replace("; ", "\\n"), vars(shop))
told = lambda answer: [(one.path, one.asker) for one in answer.chains]
shop.items[1]
found = heapgraph.why(_)
print("held", told(found), [words for words, _ in found.left_out])
print("chain", heapgraph.find_backref_chain(_, heapgraph.is_proper_module)[0] is shop)
shop.Item()
print("alone", told(heapgraph.why(_)))
mine = shop.Item()
mine
print("mine", told(heapgraph.why(mine)))
len(shop.items[0])
print("failed", told(heapgraph.why(id(shop.items[0]))))
"""


def test_what_the_prompt_of_python_keeps_holds_nothing() -> None:
    status, shown = at_terminal(["-i", "-q"], KEPT.strip().splitlines(), {})
    assert status == 0, shown
    assert "\nheld [('shop.items[1]', [])] ['`_` of the prompt']" in shown
    assert "\nchain True" in shown
    assert "\nalone [('builtins._', ['`_` of the prompt'])]" in shown
    # The name that its user has given to it comes before the one that it has by being shown.
    assert "\nmine [('__main__.mine', ['your variable `mine`', '`_` of the prompt'])]" in shown
    assert "\nfailed [('shop.items[0]', [])]" in shown


def test_what_ipython_keeps_holds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    environment = {"IPYTHONDIR": str(tmp_path / "ipython")}
    _, shown = at_terminal(arguments, KEPT.strip().splitlines(), environment)
    output = "the output of IPython"
    assert f"held [('shop.items[1]', [])] ['{output}']" in shown, shown
    assert "chain True" in shown
    assert f"alone [('__main__._', ['{output}'])]" in shown
    assert f"mine [('__main__.mine', ['your variable `mine`', '{output}'])]" in shown
    assert "failed [('shop.items[0]', [])]" in shown


SCRIPT = """
class Leak:
    pass
leak = Leak()
import heapgraph
heapgraph.show_backrefs(leak)
picture = heapgraph.show_refs([leak])
print("result", picture, "history", list(Out), repr(_), repr(__))
"""


def test_the_terminal_of_ipython(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    lines = [line for line in SCRIPT.replace("\n    ", " ").splitlines() if line]
    environment = {"TMPDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    _, shown = at_terminal(arguments, lines, environment)
    assert len(WRITTEN.findall(shown)) == 2, shown
    assert "result None history [] '' ''" in shown


EMBEDS = """
import IPython, heapgraph
IPython.embed(colors="NoColor", simple_prompt=True, banner1="")
"""


def test_ipython_embedded_in_a_terminal(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    environment = {"TMPDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    _, shown = at_terminal(["-c", EMBEDS], ["heapgraph.show_refs([[]])"], environment)
    assert len(WRITTEN.findall(shown)) == 1, shown
    assert "Picture" not in shown


CELLS = {
    "show_refs": "heapgraph.show_refs([leak])",
    "show_backrefs": "heapgraph.show_backrefs([leak])",
    "show_chain": "heapgraph.show_chain(heapgraph.find_backref_chain(leak, is_proper_module))",
}


class Notebook:
    """A kernel, and what running a cell displays."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, source: str) -> tuple[dict[str, Any], str]:
        """The data of the cell's result, by media type, and what the cell printed."""
        results: list[dict[str, Any]] = [{}]
        printed: list[str] = []

        def note(message: Any) -> None:
            content = message["content"]
            if message["msg_type"] in ("execute_result", "display_data"):
                results.append(content["data"])
            elif message["msg_type"] == "stream":
                printed.append(content["text"])

        reply = self.client.execute_interactive(source, output_hook=note, timeout=120)
        content = reply["content"]
        assert content["status"] == "ok", content
        assert len(results) <= 2
        return results[-1], "".join(printed)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    pytest.importorskip("ipykernel")
    client = pytest.importorskip("jupyter_client.manager")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # No program, and so no Graphviz, can be found.
    monkeypatch.setenv("PATH", str(tmp_path))
    # A display, which a notebook must not use.
    monkeypatch.setenv("DISPLAY", ":99")
    manager, kernel = client.start_new_kernel(kernel_name="python3")
    try:
        yield Notebook(kernel)
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        manager.context.destroy()


# The clients of Jupyter warn of their own future.
@pytest.mark.filterwarnings("ignore")
def test_notebooks(notebook: Any, tmp_path: Path) -> None:
    notebook.run(
        "import gc, io, weakref, heapgraph\n"
        "from heapgraph import is_proper_module\n"
        "class Leak: pass\n"
        "leak = Leak()\n"
        "gone = weakref.ref(leak)"
    )
    for name, cell in CELLS.items():
        data, printed = notebook.run(cell)
        assert printed == ""
        assert sorted(data) == ["image/svg+xml", "text/plain"]
        drawing = ElementTree.fromstring(data["image/svg+xml"])
        assert "Leak" in "".join(drawing.itertext()), name
        assert re.fullmatch(r"<heapgraph.Picture of \d+ objects>", data["text/plain"])

        for ending in ("svg", "png", "dot"):
            file = tmp_path / f"{name}.{ending}"
            kind = "Graph written to {} (" if ending == "dot" else "Image generated as {}\n"
            data, printed = notebook.run(f"{cell[:-1]}, filename={str(file)!r})")
            assert data == {}
            assert printed.startswith(kind.format(file))
            assert file.stat().st_size > 100
        assert notebook.run(f"{cell[:-1]}, output=io.StringIO())") == ({}, "")
    # The pictures in the history hold nothing.
    data, _ = notebook.run("print(sorted(Out)); del leak; gc.collect(); gone() is None")
    assert data == {"text/plain": "True"}
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("heapgraph-")]


PROGRAM = """
import pdb
import heapgraph

class Leak:
    pass

def work(argument):
    leak = Leak()
    other = [leak]
    {stop}
    return leak

KEPT = {{"kept": Leak()}}
{call}
"""

AT_PROMPT = """
frames = lambda obj: type(obj).__name__ == "frame"
print("chain", heapgraph.find_backref_chain(leak, frames)[0].f_code.co_name)
print("found", len(heapgraph.find_backref_chain(leak, heapgraph.is_proper_module)))
heapgraph.show_backrefs(leak, filename="leak.dot", max_depth=5)
heapgraph.show_backrefs([KEPT["kept"]], filename="kept.dot", max_depth=5)
heapgraph.show_backrefs(argument)
continue
""".strip().splitlines()

# The line at which the function stops, how it is called, and what is typed to get there.
WAYS_TO_STOP = {
    "breakpoint": ("breakpoint(); len(other)", "work(3)", []),
    "trace": ("pdb.set_trace(); len(other)", "work(3)", []),
    "run": ("len(other)", "pdb.Pdb().runcall(work, 3)", ["next", "next"]),
    "post mortem": (
        "1 / 0",
        "try: work(3)\nexcept ZeroDivisionError as e: pdb.post_mortem(e.__traceback__)",
        [],
    ),
}


@pytest.mark.parametrize("way", WAYS_TO_STOP)
def test_pdb(way: str, tmp_path: Path) -> None:
    stop, call, before = WAYS_TO_STOP[way]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(stop=stop, call=call))
    source = f"import os, runpy; os.chdir({str(tmp_path)!r}); runpy.run_path('program.py')"
    environment = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    _, shown = at_terminal(["-c", source], [*before, *AT_PROMPT], environment)
    assert "\nchain work\n" in shown, shown
    # The traceback of an exception is held by a name of the program.
    assert ("\nfound 1\n" in shown) == (way != "post mortem")
    assert len(WRITTEN.findall(shown)) == 1
    leak = Drawn((tmp_path / "leak.dot").read_text(encoding="utf-8"))
    # The variable from which it was asked says nothing, as the list holds it too; that of a
    # function which has failed is kept by its exception.
    is_shown = ("frame", "Leak", "local leak") in leak.edges
    assert is_shown == (way == "post mortem")
    assert ("frame", "list", "local other") in leak.edges
    assert "Pdb" not in leak.source
    assert "bdb.py" not in leak.source
    places = [text.split("\n")[1] for text in leak.texts if text.startswith("frame")]
    assert (
        places == [place for place in places if place.startswith("work in ")]
        or way == "post mortem"
    )
    kept = Drawn((tmp_path / "kept.dot").read_text(encoding="utf-8"))
    assert ("dict", "Leak", "['kept']") in kept.edges
    assert ("dict", "dict", "['KEPT']") in kept.edges
