"""Explanations of what real packages hold, word for word, and the same ones in every process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import heapgraph
from why_text import masked

# A service that adds a hook at every request, and not once.
HOOKS = """
import bottle, heapgraph

class Request:
    def __init__(self, number):
        self.number = number

    def finish(self):
        return self.number

service = bottle.Bottle()

@service.route("/shop")
def shop(request):
    service.add_hook("after_request", request.finish)

for number in range(100):
    shop(Request(number))
print(heapgraph.why(Request), end="")
"""
HOOKS_TEXT = """\
__main__.Request at ...
1 of 100 like it, fingerprint ...

__main__.service._hooks['after_request'][0].__self__

┬─ module __main__        a module stays
│    .service
│    ~~~~~~~~
├─ Bottle                 retains ...
│    ._hooks
│    ~~~~~~~
├─ dict 4 items           retains ...
│    ['after_request']
│    ~~~~~~~~~~~~~~~~~
├─ list 100 items         retains ...
│    [0]
│    ~~~
├─ method Request.finish  retains ...
│    .__self__
│    ~~~~~~~~~
╰→ Request                retains ...

Cutting __main__.service._hooks['after_request'] frees all 100 of them: ....
Cutting __main__.service._hooks['after_request'][0].__self__ frees this one: ....
"""

# Panels that watch the settings, which live longer.
OBSERVERS = """
import heapgraph, traitlets

class Settings(traitlets.HasTraits):
    theme = traitlets.Unicode("light")

class Panel:
    def __init__(self, settings):
        self.theme = settings.theme
        settings.observe(self.on_theme, names="theme")

    def on_theme(self, change):
        self.theme = change.new

settings = Settings()
for _ in range(100):
    Panel(settings)
print(heapgraph.why(Panel), end="")
"""
OBSERVERS_TEXT = """\
__main__.Panel at ...
1 of 100 like it, fingerprint ...

__main__.settings._trait_notifiers['theme']['change'][0].__self__

┬─ module __main__        a module stays
│    .settings
│    ~~~~~~~~~
├─ Settings               retains ...
│    ._trait_notifiers
│    ~~~~~~~~~~~~~~~~~
├─ dict 1 item            retains ...
│    ['theme']
│    ~~~~~~~~~
├─ dict 1 item            retains ...
│    ['change']
│    ~~~~~~~~~~
├─ list 100 items         retains ...
│    [0]
│    ~~~
├─ method Panel.on_theme  retains ...
│    .__self__
│    ~~~~~~~~~
╰→ Panel                  retains ...

Cutting __main__.settings._trait_notifiers['theme']['change'] frees all 100 of them: ....
Cutting __main__.settings._trait_notifiers['theme']['change'][0].__self__ frees this one: ....
"""

# A plug-in for every till that is opened, registered by name.
PLUGINS = """
import heapgraph, pluggy

class Events:
    @pluggy.HookspecMarker("shop")
    def sold(self, article):
        pass

class Till:
    @pluggy.HookimplMarker("shop")
    def sold(self, article):
        self.last = article

manager = pluggy.PluginManager("shop")
manager.add_hookspecs(Events)
for number in range(100):
    manager.register(Till(), f"till {number}")
print(heapgraph.why(Till), end="")
"""
PLUGINS_TEXT = """\
__main__.Till at ...
1 of 100 like it, fingerprint ...

__main__.manager._name2plugin['till 0']

┬─ module __main__  a module stays
│    .manager
│    ~~~~~~~~
├─ PluginManager    retains ...
│    ._name2plugin
│    ~~~~~~~~~~~~~
├─ dict 100 items   retains ...
│    ['till 0']
│    ~~~~~~~~~~
╰→ Till             retains ...

Cutting __main__.manager frees all 100 of them: ....
To free this object and not those beside it:
Held by 2 independent references
  (1) __main__.manager._name2plugin['till 0']: cutting it alone frees nothing
  (2) __main__.manager.hook.sold._hookimpls[0]: cutting it alone frees ...
Cutting all of them frees ....
"""


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(HOOKS, HOOKS_TEXT, id="bottle"),
        pytest.param(OBSERVERS, OBSERVERS_TEXT, id="traitlets"),
        pytest.param(PLUGINS, PLUGINS_TEXT, id="pluggy"),
    ],
)
def test_what_packages_hold(program: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert masked(done.stdout) == expected


RUNS = 20
"""Processes, each with hashes of its own."""
MANY_WAYS = """
import sys
sys.path.insert(0, {folder!r})
import heapgraph

class Session: pass
class Hub: pass

names = {{f"name {{n}}" for n in range(50)}}  # Their order differs from run to run.
hub = Hub()
hub.sessions = {{name: Session() for name in sorted(names)}}
hub.everything = set(hub.sessions.values())
hub.listeners = [(lambda session: lambda: session)(session) for session in hub.sessions.values()]
hub.by_names = {{frozenset(names): Session(), frozenset(): {{Session(), Session()}}}}
def remember(kept=[Session() for _ in names]):
    return kept
for name in names:
    setattr(hub, name.replace(" ", "_"), Session())
one = Session()
hubs = [[one], (one,), {{"a": one}}, {{one}}]
del one
print(heapgraph.why(Session, limit=100))
"""


def test_the_same_text_in_every_process() -> None:
    folder = str(Path(heapgraph.__file__).parents[1])
    command = [sys.executable, "-S", "-c", MANY_WAYS.format(folder=folder)]

    def run(seed: int) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(run, range(1, RUNS + 1)))
    addresses = re.compile(r"0x[0-9a-f]+")
    [text] = {addresses.sub("0x...", text) for text in texts}
    assert text.count("like it, fingerprint") == 3
    assert "(4) __main__.hubs[0][0]: cutting it alone frees nothing\n" in text
