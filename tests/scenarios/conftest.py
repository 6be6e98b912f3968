"""One stack for the scenarios alone, since they kill its servers.

A scenario that kills or stops a process of the mesh says `@pytest.mark.real_processes` and has real ones,
which it shares with the scenarios before and after it. Every other scenario has a fresh mesh in the process
of the test, which costs a quarter. With FORMS=both all scenarios run in both forms, as in `make test-long`.
"""

import os
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from infra.local.servers.stack import LocalStack
from tests.scenarios.in_process import in_process_mesh
from tests.scenarios.mesh import Mesh
from tests.scenarios.processes import ProcessMesh, process_mesh
from tests.scenarios.shared_mesh import FAILED, SharedMesh
from tests.support.database import Databases
from tests.support.quick_disk import quick_disk

FORMS: dict[str, Callable[..., AbstractAsyncContextManager[Mesh]]] = {
    "in-process": in_process_mesh,
    # Its files are the stack's.
    "processes": lambda databases, _folder, **options: process_mesh(databases, **options),
}


@pytest.fixture(scope="package")
async def scenario_databases() -> AsyncIterator[Databases]:
    # Servers of its own: scenarios kill them.
    async with LocalStack(quick_disk(), durable=False) as stack, Databases(stack) as databases:
        yield databases


@asynccontextmanager
async def _mended(stack: LocalStack) -> AsyncIterator[None]:
    """Whatever a scenario killed or paused runs again after it, also when the scenario failed."""
    try:
        yield
    finally:
        for server in (stack.postgres, stack.redis, *stack.consul):
            server.resume()
            await server.start()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives each scenario the form, or the forms, in which it runs."""
    if "mesh" in metafunc.fixturenames:
        metafunc.parametrize("mesh", _forms(metafunc.definition), indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all that share a mesh, which takes it minutes."""
    for item in items:
        if isinstance(item, pytest.Function) and _shares_a_mesh(item):
            item.add_marker(pytest.mark.xdist_group("scenarios of processes"))
            item.add_marker(pytest.mark.takes_minutes)


def _shares_a_mesh(scenario: pytest.Function) -> bool:
    is_real = scenario.get_closest_marker("real_processes") is not None
    return is_real or not {"processes", "traced_processes"}.isdisjoint(scenario.fixturenames)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes who failed, for `SharedMesh`."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def _forms(scenario: pytest.Item) -> list[str]:
    if os.environ.get("FORMS") == "both":
        return [*FORMS]
    return ["processes" if scenario.get_closest_marker("real_processes") else "in-process"]


@pytest.fixture
async def mesh(
    request: pytest.FixtureRequest, scenario_databases: Databases, shared_mesh: SharedMesh, tmp_path: Path
) -> AsyncIterator[Mesh]:
    scenario = request.node
    tls = scenario.get_closest_marker("tls") is not None
    if scenario.get_closest_marker("real_processes") and request.param == "processes" and not tls:
        starting: AbstractAsyncContextManager[Mesh] = shared_mesh.lent(scenario)
    else:
        starting = FORMS[request.param](scenario_databases, tmp_path, tls=tls)
    async with starting as running, _mended(scenario_databases.stack):
        yield running


@pytest.fixture
async def processes(request: pytest.FixtureRequest, shared_mesh: SharedMesh) -> AsyncIterator[ProcessMesh]:
    """Real processes, for what only a real kill shows."""
    async with shared_mesh.lent(request.node) as running:
        yield running


@pytest.fixture
async def traced_processes(
    request: pytest.FixtureRequest, traced_mesh: SharedMesh
) -> AsyncIterator[ProcessMesh]:
    """Real processes whose spans are written down; one of each kind is a path."""
    async with traced_mesh.lent(request.node) as running:
        yield running


@pytest.fixture(scope="package")
async def shared_mesh(scenario_databases: Databases) -> AsyncIterator[SharedMesh]:
    async with aclosing(SharedMesh(lambda: process_mesh(scenario_databases))) as shared:
        yield shared


@pytest.fixture(scope="package")
async def traced_mesh(scenario_databases: Databases) -> AsyncIterator[SharedMesh]:
    start = partial(process_mesh, scenario_databases, hosts=1, dispatchers=1, traces=True)
    async with aclosing(SharedMesh(start)) as shared:
        yield shared
