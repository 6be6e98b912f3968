"""Fixtures for all tests: the real servers, once a session, and a fresh database a test."""

import gc
import signal
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from infra.local.servers.stack import LocalStack
from tests.support.database import Database, Databases
from tests.support.hands import Hands, opened
from tests.support.kept import Kept, KeptDatabase
from tests.support.quick_disk import quick_disk
from tests.support.slowness import measure, slowness


def pytest_configure(config: pytest.Config) -> None:
    """The surroundings of the run: who started the tests, and on what machine, must not matter."""
    # While tests are collected there is next to no garbage: see `services.runtime.loading`.
    gc.disable()
    # A shell starts a background job with SIGINT ignored, and every child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Hypothesis measures examples by the wall clock, and a busy machine is no finding.
    settings.register_profile(
        "busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("busy")
    if not hasattr(config, "workerinput"):
        measure(workers=config.getoption("numprocesses", None) or 1)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the garbage collector need not look through it again."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test may take longer on a slow machine, and the longest begin first."""
    items.sort(key=lambda item: item.get_closest_marker("takes_minutes") is None)
    stretch = slowness()
    for item in items:
        marker = item.get_closest_marker("timeout")
        seconds = marker.args[0] if marker else float(item.config.getini("timeout"))
        item.add_marker(pytest.mark.timeout(seconds * stretch), append=False)


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[LocalStack]:
    async with LocalStack(quick_disk(), durable=False) as started:
        yield started


@pytest.fixture(scope="session")
async def databases(stack: LocalStack) -> AsyncIterator[Databases]:
    async with Databases(stack) as made:
        yield made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    async with databases.fresh() as fresh:
        yield fresh


@pytest.fixture(scope="session")
async def kept_database(databases: Databases) -> AsyncIterator[KeptDatabase]:
    """For a room that lends it to its tests as their `database`: emptying is cheaper than copying."""
    async with KeptDatabase(databases) as kept:
        yield kept


@pytest.fixture(scope="session")
async def kept_hands(databases: Databases) -> AsyncIterator[Kept[Hands]]:
    async with Kept(databases, opened) as kept:
        yield kept


@pytest.fixture
async def hands(kept_hands: Kept[Hands]) -> Hands:
    """The same ones for most tests; the database is empty."""
    return await kept_hands.lent()


@pytest.fixture
def consul_address(stack: LocalStack) -> str:
    return stack.consul[0].address
