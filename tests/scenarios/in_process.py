"""The mesh as tasks of the test's own loop: quick to start, and a debugger sees all of it.

A kill is a cancellation: no drain, no hand-over, nothing given back; but what is closed on the way out
is closed, so others learn of it sooner than of a SIGKILL.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import gateway.process
import services.dispatch.process
import services.enrollment.process
import shardhost.process
from gateway.accounts.model import Guards
from gateway.admin.store import AdminStore
from gateway.auth.scopes import SCOPES
from gateway.settings import GatewaySettings
from infra.local.network import presets
from infra.local.network.ledger import Entry
from infra.local.network.server import RunningNetwork
from infra.local.network.server import running as network_running
from infra.local.servers.authority import Authority
from services.dispatch.settings import DispatchSettings
from services.enrollment.settings import EnrollmentSettings
from services.runtime.lifecycle import Life
from services.runtime.settings import PostgresSettings
from shardhost.settings import HostSettings
from tests.scenarios.accepted import Accepted
from tests.scenarios.quick import DISPATCH, ENROLLMENT, HOST
from tests.support.database import Database, Databases
from tests.support.secret import SECRET
from tests.support.slowness import patient

_READY_S = patient(30.0)
_GONE_S = patient(30.0)


@dataclass
class _Running:
    life: Life
    task: asyncio.Task[None]
    address: str


class InProcessMesh:
    """Made by `in_process_mesh`."""

    def __init__(
        self,
        database: Database,
        network: RunningNetwork,
        ledger: Path,
        hosts: int,
        dispatchers: int,
        authority: Authority | None,
    ) -> None:
        self.stack = database.stack
        self.hosts = [f"host-{n}" for n in range(1, hosts + 1)]
        self.dispatchers = [f"dispatch-{n}" for n in range(1, dispatchers + 1)]
        self.ledger_path = ledger
        self.network_address = network.address
        self._accepted = Accepted(ledger)
        self._database = database
        self._authority = authority
        self._running: dict[str, _Running] = {}

    @property
    def gateway_address(self) -> str:
        return self._running["gateway"].address

    @property
    def ca_file(self) -> Path | None:
        return self._authority.file if self._authority else None

    @property
    def owner_dsn(self) -> str:
        return self._database.owner_dsn

    def accepted(self) -> list[Entry]:
        return self._accepted.entries()

    async def create_account(self, slug: str) -> str:
        settings = PostgresSettings(postgres_dsn=SecretStr(self._database.owner_dsn))
        async with AdminStore.opened(settings) as store:
            return (await store.create_account(slug, "", "UTC", SCOPES, Guards())).text

    async def kill(self, name: str) -> None:
        """Raises what the process had died of before."""
        killed = self._running.pop(name)
        if killed.task.done():
            await killed.task
        killed.task.cancel()
        await asyncio.wait([killed.task], timeout=_GONE_S)
        assert killed.task.done(), f"{name} does not end"

    async def stop(self, name: str) -> None:
        """Raises what the process died of."""
        stopped = self._running.pop(name)
        stopped.life.drain()
        async with asyncio.timeout(_GONE_S):
            await stopped.task

    async def start(self, name: str) -> None:
        """Raises what the process dies of meanwhile."""
        life = Life()
        task = asyncio.create_task(self._run(name, life), name=name)
        ready = asyncio.create_task(life.when_ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=_READY_S)
        if not ready.done():
            ready.cancel()
            task.cancel()
            await task
        self._running[name] = _Running(life, task, ready.result())

    async def start_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name in ("enrollment", "gateway", *self.dispatchers, *self.hosts):
                group.create_task(self.start(name))

    async def close(self) -> None:
        """Raises what any process died of."""
        # Hosts first: they have somebody to give back to.
        for names in (self._running.keys() & {*self.hosts}, self._running.keys() - {*self.hosts}):
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(self.stop(name))

    def _run(self, name: str, life: Life) -> Coroutine[Any, Any, None]:
        place: dict[str, Any] = {
            "instance": name,
            "consul_address": self.stack.consul[0].address,
            "consul_prefix": self._database.name,
            "drain_s": 5.0,
            **self._tls("shardhost" if name in self.hosts else name.partition("-")[0], name),
        }
        if name in self.hosts:
            host = HostSettings(**place, **HOST, network_address=self.network_address)
            return shardhost.process.run(host, life)
        if name in self.dispatchers:
            redis_url = SecretStr(self.stack.redis.url)
            dispatch = DispatchSettings(
                **place,
                **DISPATCH,
                postgres_dsn=self._dsn("dispatch"),
                redis_url=redis_url,
                secret=SecretStr(SECRET),
            )
            return services.dispatch.process.run(dispatch, life)
        if name == "enrollment":
            enrollment = EnrollmentSettings(**place, **ENROLLMENT, postgres_dsn=self._dsn("enrollment"))
            return services.enrollment.process.run(enrollment, life)
        settings = GatewaySettings(**place, postgres_dsn=self._dsn("gateway"), secret=SecretStr(SECRET))
        return gateway.process.run(settings, life)

    def _tls(self, role: str, name: str) -> dict[str, Any]:
        if self._authority is None:
            return {}
        files = self._authority.for_process(role, name)
        return {
            "tls_certificate_file": files.certificate,
            "tls_key_file": files.key,
            "tls_ca_file": files.authority,
        }

    def _dsn(self, role: str) -> SecretStr:
        return SecretStr(self._database.dsn(role))


@asynccontextmanager
async def in_process_mesh(
    databases: Databases, folder: Path, *, hosts: int = 2, dispatchers: int = 2, tls: bool = False
) -> AsyncIterator[InProcessMesh]:
    """Raises at the end what any process died of."""
    async with AsyncExitStack() as resources:
        ledger = folder / "ledger"
        database = await resources.enter_async_context(databases.fresh())
        network = await resources.enter_async_context(network_running(ledger, presets.usual()))
        authority = Authority(folder / "certificates") if tls else None
        mesh = InProcessMesh(database, network, ledger, hosts, dispatchers, authority)
        resources.push_async_callback(mesh.close)
        await mesh.start_all()
        yield mesh
