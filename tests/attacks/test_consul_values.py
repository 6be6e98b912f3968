"""Attacks a shard host through Consul: members, locks and registrations that no code of ours writes."""

import aiohttp
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery, DiscoveryUnavailable
from tests.integration.discovery.test_bad_answers import answering
from tests.integration.shardhost.conftest import consul, rig
from tests.integration.shardhost.rig import Rig
from tests.support.poisonous import KEYS, REGISTRATIONS

__all__ = ["consul", "rig"]


@pytest.fixture
async def poisoned(rig: Rig, consul_address: str):
    """A Consul with all of it, before the host begins."""
    prefix = rig.settings("h1").consul_prefix
    async with aiohttp.ClientSession(f"http://{consul_address}") as http:
        for key, value in KEYS.items():
            answer = await http.put(f"/v1/kv/{prefix}/{key}", data=value)
            # Consul itself refuses some names.
            assert answer.status in (200, 400), await answer.text()
        for name, meta in REGISTRATIONS.items():
            service = {"Service": f"{prefix}-dispatch", "ID": f"{prefix}-{name}", "Meta": meta}
            body = {"Node": f"{prefix}-{name}", "Address": "127.0.0.1", "Service": service}
            answer = await http.put("/v1/catalog/register", json=body)
            assert answer.status in (200, 400), await answer.text()
        yield prefix
        for name in REGISTRATIONS:
            await http.put("/v1/catalog/deregister", json={"Node": f"{prefix}-{name}"})


async def test_nothing_in_consul_ends_a_host_or_keeps_it_from_sending(rig: Rig, poisoned: str) -> None:
    received = rig.dispatch.received
    async with rig.host("h1") as life:
        await rig.dispatch.until(lambda: set(received.ready) == set(range(1, 17)))
        rig.hand(*(rig.message(number, number) for number in range(1, 17)))
        await rig.dispatch.until(lambda: len(received.outcomes) == 16)
        assert not life.is_draining
    assert {outcome.result for outcome in received.outcomes} == {pb.Outcome.RESULT_SENT}


async def test_who_is_registered_as_nobody_is_passed_over(poisoned: str, consul_address: str) -> None:
    async with Discovery(consul_address, prefix=poisoned) as discovery:
        found = await discovery.resolve("dispatch")
        assert {one.address for one in found if not one.address.startswith("127.0.0.1:")} == set()
        assert await discovery.lock_epoch() > 0


@pytest.mark.parametrize("body", ["5", "[5]", '{"a": 1}', '[{"Service": 7}]', '"x"', "[[]]"])
async def test_an_answer_of_another_make_counts_as_no_answer(body: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nX-Consul-Index: 7\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    async with answering(answer) as discovery:
        for call in (discovery.resolve("echo"), discovery.locks()):
            with pytest.raises(DiscoveryUnavailable):
                await call
