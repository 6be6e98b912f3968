"""Scenarios that share a mesh see nothing of each other, and none gets the mesh of one that failed."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.local.network.ledger import Entry
from tests.scenarios.accepted import Accepted
from tests.scenarios.processes import ProcessMesh
from tests.scenarios.shared_mesh import FAILED, SharedMesh


class Mesh:
    """Counts what is asked of it."""

    def __init__(self) -> None:
        self.renewed = self.checked = 0
        self.is_over = False

    async def renew(self) -> None:
        self.renewed += 1

    def check(self) -> None:
        self.checked += 1


@asynccontextmanager
async def started() -> AsyncIterator[ProcessMesh]:
    mesh = Mesh()
    yield cast("ProcessMesh", mesh)
    mesh.is_over = True


async def used(shared: SharedMesh, *, fails: bool = False) -> Mesh:
    stash = pytest.Stash()
    async with shared.lent(cast("pytest.Item", SimpleNamespace(stash=stash))) as mesh:
        stash[FAILED] = fails
    return cast("Any", mesh)


async def test_the_next_scenario_gets_the_same_mesh_made_whole() -> None:
    async with aclosing(SharedMesh(started)) as shared:
        first = await used(shared)
        assert (first.renewed, first.checked) == (0, 1)
        assert await used(shared) is first
        assert (first.renewed, first.checked, first.is_over) == (1, 2, False)
    assert first.is_over


async def test_after_a_scenario_that_failed_comes_another_mesh() -> None:
    async with aclosing(SharedMesh(started)) as shared:
        first = await used(shared, fails=True)
        assert first.is_over
        second = await used(shared)
        assert second is not first
        assert second.renewed == 0


def test_what_was_accepted_before_is_not_seen(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    entry = Entry(1, 0.0, 0.0, "60119", 1, 1, "host-1", "60123", "W1", "00ff", repeat=False)
    line = json.dumps(asdict(entry)) + "\n"
    assert Accepted(ledger).entries() == []
    ledger.write_text(line)
    accepted = Accepted(ledger)
    with ledger.open("a") as file:
        file.write(line)
    assert accepted.entries() == accepted.entries() == [entry]
