"""What functions hold that wait in greenlets of packages: seen, and named below each greenlet."""

from __future__ import annotations

import pytest

from children import survives

WAITING = """
import PACKAGE as package
import heapgraph

class Job:
    pass

def work(number):
    job = Job()
    package.sleep(60)

workers = [package.spawn(work, n) for n in range(100)]
package.sleep(0)
for _ in range(2):
    snapshot = heapgraph.take_snapshot()
    jobs = snapshot.find("__main__.Job")
    assert len(jobs) == 100
    for job in jobs:
        path = snapshot.find_chain(job).path
        assert "gr_frame" in path and "<local job>" in path, path
    assert not [line for line in snapshot.metadata["unseen"] if "greenlet" in line]
why = heapgraph.why(Job)
assert "<local job>" in why.chains[0].path, why
heapgraph.growth()
kept = []

def scenario():
    kept.append(package.spawn(work, 0))
    package.sleep(0)

report = heapgraph.find_growth(scenario, snapshots=2, iterations=20)
assert "__main__.kept" in [path.path for path in report.growing], report
for worker in workers + kept:
    worker.kill()
print("done")
"""

PATCHES = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}


@pytest.mark.parametrize("patched", [False, True])
@pytest.mark.parametrize("package", PATCHES)
def test_greenlets_of_a_package(package: str, patched: bool) -> None:
    pytest.importorskip(package)
    first = PATCHES[package] + "\n" if patched else ""
    program = first + WAITING.replace("PACKAGE", package)
    assert survives(program, options=("-W", "ignore")) == "done\n"


SQLALCHEMY = """
import asyncio
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_only
import heapgraph

class Request:
    pass

async def main():
    answered = asyncio.Event()

    def ask_the_database(session):
        request = Request()
        await_only(answered.wait())

    async def handle():
        async with AsyncSession() as session:
            await session.run_sync(ask_the_database)

    async def begin():
        tasks.append(asyncio.ensure_future(handle()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    tasks = []
    for _ in range(20):
        await begin()
    snapshot = heapgraph.take_snapshot()
    requests = snapshot.find("__main__.Request")
    assert len(requests) == 20
    for request in requests:
        path = snapshot.find_chain(request).path
        assert ".gr_frame" in path and path.endswith("<local request>"), path
    assert not [line for line in snapshot.metadata["unseen"] if "greenlet" in line]
    why = heapgraph.why(Request)
    assert ".gr_frame" in why.chains[0].path, why
    with heapgraph.GrowthLoop(snapshots=2, iterations=20) as loop:
        for _ in loop:
            await begin()
    paths = [path.path for path in loop.report.growing]
    assert any(path.endswith("<local tasks>") for path in paths), loop.report
    answered.set()
    await asyncio.gather(*tasks)

asyncio.run(main())
print("done")
"""


def test_what_waits_for_a_database_in_the_asyncio_of_sqlalchemy() -> None:
    pytest.importorskip("sqlalchemy")
    assert survives(SQLALCHEMY, options=("-W", "ignore")) == "done\n"
