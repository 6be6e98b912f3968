"""Every text of a run, rendered again by the gateway."""

import asyncio
from collections.abc import Iterable, Iterator

from gateway.client import Client
from infra.local.demo.loading import open_client
from infra.local.mesh import Mesh
from infra.local.network.ledger import text_hash
from infra.local.reconcile import MessageRecord
from kompang.v1 import messages_pb2

_AT_ONCE = 32
_EXACT = messages_pb2.RenderMessageResponse.EXACTNESS_EXACT
_UNPROVEN = messages_pb2.RenderMessageResponse.EXACTNESS_UNPROVEN


async def rendered_hashes(mesh: Mesh, key: str, messages: Iterable[MessageRecord]) -> dict[int, str]:
    """The hash of each text that the gateway calls exact, by message id; this process computes the hash.

    Also of those of which only a receipt told: the host died before it could tell the hash, so the gateway
    calls them unproven, and the ledger proves them.

    Raises:
        LocalError: the gateway refused a call, or does not answer.

    """
    hashes: dict[int, str] = {}
    waiting = iter(messages)
    async with open_client(mesh, key) as client:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(_render(client, waiting, hashes))
        except ExceptionGroup as refused:
            raise refused.exceptions[0] from None
    return hashes


async def _render(client: Client, waiting: Iterator[MessageRecord], hashes: dict[int, str]) -> None:
    for message in waiting:
        request = messages_pb2.RenderMessageRequest(name=message.name)
        response = await client.call(client.messages.RenderMessage, request)
        if response.exactness == _EXACT or (response.exactness == _UNPROVEN and message.is_told_only):
            hashes[message.id] = text_hash(response.text)
