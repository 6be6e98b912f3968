"""How long honest callers wait who all come back at once, or all use new keys, while others flood.

300 accounts have a connection each. All connections are dropped and made again at one moment, as by a
balancer that was restarted; then all accounts use other keys, too. Meanwhile others flood with wrong keys,
and with one good key.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from gateway.accounts.model import Guards
from gateway.admin.store import AdminStore
from gateway.auth.scopes import SCOPES
from gateway.client import Client
from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from services.runtime.channel_options import OPTIONS
from services.runtime.settings import PostgresSettings
from tests.bench.attack import answered, attackers
from tests.bench.rig import Figure, say

LAST_S = 10.0
"""Nobody honest may wait for longer."""
_CALLERS = 300
# The attackers have begun by then.
_BEGUN_S = 5.0
_OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    figures: list[Figure] = []
    async with Mesh(stack, hosts=0, dispatchers=1, traces=False) as mesh:
        say(f"making {_CALLERS} accounts")
        keys, new = await _made(mesh)
        attacker = await mesh.create_account("attacker")
        figures += _told("calm", await _came_back(mesh, keys))
        with attackers("attackers", mesh.gateway_address, attacker, ("keys", "calls")):
            await asyncio.sleep(_BEGUN_S)
            figures += _told("flooded", await _came_back(mesh, keys))
            figures += _told("rotated", await _came_back(mesh, new))
        figures.append(("gateway_rss", mesh.rss_bytes("gateway") / 1e6, "MB"))
    for name, value, unit in figures:
        if unit == "s" and value > LAST_S:
            say(f"{name} is over its bar: {value:.1f} s, and at most {LAST_S:.0f} are promised")
    return figures


def _told(name: str, waits: Sequence[float]) -> list[Figure]:
    return [(f"{name}_median", statistics.median(waits), "s"), (f"{name}_last", max(waits), "s")]


async def _made(mesh: Mesh) -> tuple[list[str], list[str]]:
    """A key for each account, and another one."""
    async with AdminStore.opened(PostgresSettings(postgres_dsn=mesh.owner_dsn)) as store:
        slugs = [f"honest-{n}" for n in range(_CALLERS)]
        keys = [(await store.create_account(slug, "", "UTC", SCOPES, Guards())).text for slug in slugs]
        return keys, [(await store.create_key(slug, SCOPES)).key.text for slug in slugs]


async def _came_back(mesh: Mesh, keys: Sequence[str]) -> list[float]:
    """The seconds until each has an answer, when all come at once."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_connected(mesh, key)) for key in keys]
        return await asyncio.gather(*(_waited(client) for client in clients))


@asynccontextmanager
async def _connected(mesh: Mesh, key: str) -> AsyncIterator[Client]:
    """A connection of its own, made at the first call."""
    options = (*OPTIONS, *_OWN_CONNECTION)
    if mesh.ca_file:
        trusted = grpc.ssl_channel_credentials(mesh.ca_file.read_bytes())
        channel = grpc.aio.secure_channel(mesh.gateway_address, trusted, options=options)
    else:
        channel = grpc.aio.insecure_channel(mesh.gateway_address, options=options)
    async with channel:
        yield Client(channel, key)


async def _waited(client: Client) -> float:
    since = time.monotonic()
    await answered(client)
    return time.monotonic() - since
