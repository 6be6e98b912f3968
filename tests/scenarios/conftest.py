"""One stack for the scenarios alone, since they kill its servers; a fresh mesh for each.

A scenario that kills or stops a process of the mesh says `@pytest.mark.real_processes` and has real ones.
Every other scenario runs in the process of the test, which costs a quarter. With FORMS=both each scenario
runs in both forms, as `make test-long` does.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from infra.local.servers.stack import LocalStack
from tests.scenarios.in_process import in_process_mesh
from tests.scenarios.mesh import Mesh
from tests.scenarios.processes import ProcessMesh, process_mesh
from tests.support.database import Databases
from tests.support.quick_disk import quick_disk

FORMS: dict[str, Callable[..., AbstractAsyncContextManager[Mesh]]] = {
    "in-process": in_process_mesh,
    "processes": process_mesh,
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


def _forms(scenario: pytest.Item) -> list[str]:
    if os.environ.get("FORMS") == "both":
        return [*FORMS]
    return ["processes" if scenario.get_closest_marker("real_processes") else "in-process"]


@pytest.fixture
async def mesh(
    request: pytest.FixtureRequest, scenario_databases: Databases, tmp_path: Path
) -> AsyncIterator[Mesh]:
    form = FORMS[request.param]
    tls = request.node.get_closest_marker("tls") is not None
    async with form(scenario_databases, tmp_path, tls=tls) as running, _mended(scenario_databases.stack):
        yield running


@pytest.fixture
async def processes(scenario_databases: Databases, tmp_path: Path) -> AsyncIterator[ProcessMesh]:
    """Real processes, for what only a real kill shows."""
    async with process_mesh(scenario_databases, tmp_path) as running:
        yield running


@pytest.fixture
async def traced_processes(scenario_databases: Databases, tmp_path: Path) -> AsyncIterator[ProcessMesh]:
    """Real processes whose spans are written down."""
    async with process_mesh(scenario_databases, tmp_path, traces=True) as running:
        yield running
