"""Announcing a service and finding it, also on bad days."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable

import pytest

from infra.local.servers.consul import Consul
from services.runtime.discovery import Discovery, DiscoveryUnavailable, Instance
from services.runtime.discovery.registry import RESOLVE_PATIENCE
from tests.integration.discovery.waiting import following, until
from tests.support.proxy import proxied
from tests.support.slowness import patient

NOBODY = "127.0.0.1:9"


async def test_an_announced_instance_is_found_and_gone_at_exit(
    discovery: Discovery, healthy_address: str
) -> None:
    watched = discovery.watch("echo")
    assert await anext(watched) == []
    async with discovery.announce("echo", "echo-0", healthy_address):
        expected = [Instance("echo-0", healthy_address)]
        assert await following(watched, bool, within=10) == expected
        assert await discovery.resolve("echo") == expected
    assert await anext(watched) == []
    assert await discovery.resolve("echo") == []
    await watched.aclose()


async def test_announcing_again_never_hides_a_healthy_instance(
    discovery: Discovery, healthy_address: str
) -> None:
    async with discovery.announce("echo", "echo-0", healthy_address):
        watched = discovery.watch("echo")
        await following(watched, bool, within=10)
        with pytest.raises(TimeoutError):  # five announcements, two checks
            await following(watched, lambda seen: not seen, within=2.5)


async def test_an_instance_that_does_not_answer_is_not_found(
    discovery: Discovery, healthy_address: str
) -> None:
    async with (
        discovery.announce("echo", "dead", NOBODY),
        discovery.announce("echo", "live", healthy_address),
    ):
        assert await following(discovery.watch("echo"), bool, within=10) == [
            Instance("live", healthy_address)
        ]


async def test_without_consul_announce_does_not_block_and_resolve_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        asyncio.timeout(patient(5)),
        Discovery(NOBODY, deadline=0.5) as discovery,
        discovery.announce("echo", "echo-0", "127.0.0.1:1"),
    ):
        with pytest.raises(DiscoveryUnavailable):
            await discovery.resolve("echo")
        await until(_logged(caplog, "trying again"), within=2)


async def test_an_error_inside_an_announcement_comes_out(discovery: Discovery) -> None:
    with pytest.raises(BaseExceptionGroup) as raised:
        async with discovery.announce("echo", "echo-0", NOBODY):
            raise LookupError
    assert raised.group_contains(LookupError)


async def test_the_restart_of_consul_loses_no_announcement(own_consul: Consul, healthy_address: str) -> None:
    expected = [Instance("echo-0", healthy_address)]
    async with Discovery(own_consul.address, deadline=1.0, announce_every=0.5, check_every=1.0) as discovery:
        async with discovery.announce("echo", "echo-0", healthy_address):
            await following(discovery.watch("echo"), bool, within=10)
            own_consul.kill()
            assert await discovery.resolve("echo") == expected, "the last known ones"
            shutil.rmtree(own_consul.folder / "state")  # as an agent without a data directory
            await own_consul.start()
            await following(discovery.watch("echo"), lambda seen: seen == expected, within=15)
        await following(discovery.watch("echo"), lambda seen: not seen, within=5)


def _logged(caplog: pytest.LogCaptureFixture, text: str) -> Callable[[], Awaitable[bool]]:
    async def logged() -> bool:
        return text in caplog.text

    return logged


async def test_a_silent_consul_does_not_keep_waiting_who_knows_already(
    consul_address: str, discovery: Discovery, healthy_address: str
) -> None:
    """Packets that are lost tell nothing, and a host without a stream has only its term."""
    async with discovery.announce("echo", "echo-0", healthy_address), proxied() as line:
        line.target = consul_address
        async with Discovery(line.address, prefix=discovery.prefix) as far:
            await following(far.watch("echo"), bool, within=10)
            line.blackhole()
            async with asyncio.timeout(2 * RESOLVE_PATIENCE):
                assert await far.resolve("echo") == [Instance("echo-0", healthy_address)]
