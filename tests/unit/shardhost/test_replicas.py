"""Which dispatch replica a host attaches to."""

import asyncio
from collections import Counter

import pytest

from infra.local.servers.ports import free_ports
from services.runtime.channel import connect
from services.runtime.discovery import Discovery, Instance
from shardhost.replicas import Balance, Replicas, connects, deal
from tests.support.slowness import patient

REPLICAS = [Instance(f"d{n}", f"127.0.0.1:{n}") for n in range(3)]


def test_hosts_are_dealt_out_evenly() -> None:
    hosts = {f"h{n}" for n in range(10)}
    loads = Counter(deal(REPLICAS, host, hosts) for host in hosts)
    assert sorted(loads.values()) == [3, 3, 4]


def test_each_failure_moves_on_and_all_are_tried() -> None:
    assert {deal(REPLICAS, "h1", {"h1"}, offset) for offset in range(3)} == set(REPLICAS)


def test_without_a_replica_a_host_is_dealt_none() -> None:
    assert deal([], "h1", {"h1"}) is None


class FakeDiscovery:
    async def resolve(self, _service: str) -> list[Instance]:
        return REPLICAS


class FakeMembers:
    hosts = frozenset({"h0", "h1"})


async def _is_there(_replica: Instance) -> bool:
    return True


async def _is_dead(_replica: Instance) -> bool:
    return False


class FakeStream:
    def __init__(self) -> None:
        self.replica: Instance | None = REPLICAS[0]
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1


async def test_a_host_moves_home_when_two_looks_agree() -> None:
    discovery: Discovery = FakeDiscovery()  # type: ignore[assignment]
    stream = FakeStream()
    replicas = Replicas(discovery, "dispatch", "h1", FakeMembers(), connect)
    replicas.failed()
    balance = Balance(replicas, stream, _is_there)
    await balance.run_once()
    assert stream.restarts == 0
    await balance.run_once()
    assert stream.restarts == 1
    assert await replicas.choose() == REPLICAS[1]
    stream.replica = REPLICAS[1]
    for _ in range(3):
        await balance.run_once()
    assert stream.restarts == 1


async def test_a_host_stays_where_it_is_while_its_own_replica_is_dead_but_still_listed() -> None:
    discovery: Discovery = FakeDiscovery()  # type: ignore[assignment]
    stream = FakeStream()
    balance = Balance(Replicas(discovery, "dispatch", "h1", FakeMembers(), connect), stream, _is_dead)
    for _ in range(4):
        await balance.run_once()
    assert stream.restarts == 0


async def test_a_refused_connection_is_known_at_once() -> None:
    [port] = free_ports(1)
    async with asyncio.timeout(patient(1.0)), connect(f"127.0.0.1:{port}") as channel:
        assert not await connects(channel)


async def test_without_a_stream_there_is_nothing_to_move() -> None:
    discovery: Discovery = FakeDiscovery()  # type: ignore[assignment]
    stream = FakeStream()
    stream.replica = None
    balance = Balance(Replicas(discovery, "dispatch", "h1", FakeMembers(), connect), stream)
    for _ in range(3):
        await balance.run_once()
    assert stream.restarts == 0


class Listing:
    def __init__(self, listed: list[Instance]) -> None:
        self.listed = listed

    async def resolve(self, _service: str) -> list[Instance]:
        return self.listed


async def test_after_a_failure_a_host_goes_to_one_that_proves_to_be_dispatch_past_any_number_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One attempt for each of them would take longer than a term."""
    true = Instance("z", "127.0.0.1:9999")
    listed = [*(Instance(f"a{n}", f"127.0.0.1:{n}") for n in range(100)), true]
    discovery: Discovery = Listing(listed)  # type: ignore[assignment]
    replicas = Replicas(discovery, "dispatch", "h1", FakeMembers(), connect)

    async def is_there(replica: Instance) -> bool:
        return replica == true

    monkeypatch.setattr(replicas, "is_there", is_there)
    chosen = set()
    for _ in range(4):
        replicas.failed()
        chosen.add(await replicas.choose())
    assert true in chosen
    # From then on it is among those that are looked at first.
    for _ in range(3):
        replicas.failed()
        assert await replicas.choose() == true


async def test_where_nobody_proves_to_be_dispatch_all_are_tried_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    discovery: Discovery = FakeDiscovery()  # type: ignore[assignment]
    replicas = Replicas(discovery, "dispatch", "h1", FakeMembers(), connect)
    monkeypatch.setattr(replicas, "is_there", _is_dead)
    chosen = set()
    for _ in REPLICAS:
        replicas.failed()
        chosen.add(await replicas.choose())
    assert chosen == set(REPLICAS)


async def test_an_address_that_is_not_dialled_in_plaintext_is_not_there() -> None:
    discovery: Discovery = FakeDiscovery()  # type: ignore[assignment]
    replicas = Replicas(discovery, "dispatch", "h1", FakeMembers(), connect)
    assert not await replicas.is_there(Instance("d", "192.0.2.1:7000"))
