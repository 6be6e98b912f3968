"""Every text of a run, rendered again by the gateway."""

import asyncio
from collections.abc import Iterable, Iterator

from infra.local.demo.api import Api
from infra.local.demo.loading import gateway
from infra.local.mesh import Mesh
from infra.local.network.ledger import text_hash
from infra.local.reconcile import MessageRecord
from kompang.v1 import messages_pb2

_AT_ONCE = 32


async def rendered_hashes(mesh: Mesh, key: str, messages: Iterable[MessageRecord]) -> dict[int, str]:
    """The hash of each text that the gateway calls exact, by message id; this process computes the hash.

    Raises:
        LocalError: the gateway refused a call, or does not answer.

    """
    hashes: dict[int, str] = {}
    waiting = iter(messages)
    async with gateway(mesh, key) as api:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(_render(api, waiting, hashes))
        except ExceptionGroup as refused:
            raise refused.exceptions[0] from None
    return hashes


async def _render(api: Api, waiting: Iterator[MessageRecord], hashes: dict[int, str]) -> None:
    for message in waiting:
        response = await api.rendered(message.name)
        if response.exactness == messages_pb2.RenderMessageResponse.EXACTNESS_EXACT:
            hashes[message.id] = text_hash(response.text)
