"""A process's view of Consul: announce oneself, find others, see who is a member."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Self

from services.runtime.discovery.access import Access
from services.runtime.discovery.client import Client, Entry, Instance
from services.runtime.discovery.errors import DiscoveryUnavailable
from services.runtime.discovery.members import Members, members_in
from services.runtime.discovery.signature import is_signed_by
from services.runtime.discovery.watching import changes
from services.runtime.group import Group
from services.runtime.retry import Retry
from services.runtime.settings import ConsulSettings

log = logging.getLogger(__name__)


RESOLVE_PATIENCE = 0.5
"""Seconds to wait for news of what is known: a host that looks for another replica has no longer than its
term, and a silent Consul (its packets lost, not refused) would take all of it."""


class Discovery:
    """One per process; an async context manager that owns the connections to Consul.

    `address` is host:port or a URL; `prefix` keeps several meshes apart in one Consul; times are seconds.
    """

    def __init__(
        self,
        address: str,
        *,
        prefix: str = "kompang",
        access: Access | None = None,
        deadline: float = 5.0,
        announce_every: float = 10.0,
        check_every: float = 2.0,
    ) -> None:
        self.prefix = prefix
        self._address = address
        self._access = access or Access()
        self._deadline = deadline
        self._announce_every = announce_every
        self._check_every = check_every
        self._known: dict[str, list[Instance]] = {}
        self._client: Client | None = None

    @classmethod
    def of(cls, settings: ConsulSettings) -> Self:
        """As a process is told by its settings."""
        access = Access(
            settings.consul_secret,
            settings.consul_token_file,
            settings.consul_ca_file,
            settings.consul_certificate_file,
            settings.consul_key_file,
        )
        return cls(settings.consul_address, prefix=settings.consul_prefix, access=access)

    async def __aenter__(self) -> Self:
        self._client = Client(self._address, access=self._access, deadline=self._deadline)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.close()

    @property
    def client(self) -> Client:
        """For this package only."""
        if self._client is None:
            raise RuntimeError("Discovery is used outside its `async with`")
        return self._client

    @asynccontextmanager
    async def announce(
        self, service: str, instance: str, address: str, *, checked_at: str = ""
    ) -> AsyncIterator[None]:
        """Keep `instance` of `service` registered at `address` while entered.

        Consul checks its health by plain gRPC at `checked_at`, or at `address`.

        Enter it when the server answers; others see the instance once Consul's first check has passed.
        Never waits for Consul: an absent one is tried again in the background. What is raised inside comes
        out in an ExceptionGroup, as from any TaskGroup.
        """
        name, own = self._name(service), Instance(instance, address)
        async with Group() as group:
            loop = group.create_task(
                self._keep_registered(name, own, checked_at or address), name=f"announce {name}"
            )
            try:
                yield
            finally:
                loop.cancel()
                await asyncio.wait([loop])
                await self._withdraw(name, own)

    async def resolve(self, service: str) -> list[Instance]:
        """List the instances whose check passes, by id; the last known ones while Consul is away or slow.

        Raises DiscoveryUnavailable only when Consul is away and was never asked before.
        """
        name = self._name(service)
        try:
            async with asyncio.timeout(RESOLVE_PATIENCE if name in self._known else None):
                _, self._known[name] = await self.client.passing(name)
        except (DiscoveryUnavailable, TimeoutError) as error:
            if name not in self._known:
                raise
            log.warning("resolve %s: %s; using what was last known", name, error or "Consul is slow")
        return list(self._known[name])

    async def watch(self, service: str) -> AsyncGenerator[list[Instance], None]:
        """Yield what `resolve` returns, at once and then after each change. Silent while Consul is away."""
        name = self._name(service)

        async def read(index: int, wait: float) -> tuple[int, list[Instance]]:
            return await self.client.passing(name, index=index, wait=wait)

        # Closed with its reader: left to the collector, it would be closed while it runs.
        async with aclosing(changes(read, Retry(f"watch {name}"))) as found:
            async for instances in found:
                self._known[name] = instances
                yield list(instances)

    async def lock_epoch(self) -> int:
        """Find the highest epoch of all locks, held or free: every later lock has a higher one.

        Raises DiscoveryUnavailable.
        """
        _, locks = await self.locks()
        return max((lock.modify_index for lock in locks.values()), default=0)

    async def watch_members(self) -> AsyncGenerator[Members, None]:
        """Yield who is a member and who is away, at once and then after each change.

        Silent while Consul is away.
        """
        prefix = f"{self.prefix}/members/"

        async def read(index: int, wait: float) -> tuple[int, Members]:
            newer, entries = await self.client.read_tree(prefix, index=index, wait=wait)
            return newer, members_in(prefix, entries, newer)

        async with aclosing(changes(read, Retry("watch members"))) as found:
            async for members in found:
                yield members

    async def forget_member(self, member: str, index: int) -> None:
        """Delete the key of a member that is away since `index`, unless it has come back meanwhile.

        Raises DiscoveryUnavailable.
        """
        await self.client.delete(f"{self.prefix}/members/{member}", index=index)

    async def locks(self, under: str = "") -> tuple[int, dict[str, Entry]]:
        """Consul's index, and every lock whose key starts with `under`, in one consistent read.

        A lock that nobody holds has no session. Keys are those of `Locks`. Raises DiscoveryUnavailable.
        """
        prefix = f"{self.prefix}/locks/"
        index, entries = await self.client.read_tree(prefix + under, consistent=True)
        return index, {entry.key.removeprefix(prefix): entry for entry in entries}

    async def end_session_of(self, member: str, secret: str, session: str) -> bool:
        """End the session if it is this member's; False when it holds nothing that the member signed.

        That a process said so is not enough to end a session. Raises DiscoveryUnavailable.
        """
        _, entries = await self.client.read_tree(f"{self.prefix}/", consistent=True)
        held = [entry for entry in entries if session and entry.session == session]
        if not any(is_signed_by(entry.value, member, secret) for entry in held):
            return False
        await self.destroy_session(session)
        return True

    async def destroy_session(self, session: str) -> None:
        """End a session, which frees its locks after their lock-delay; do nothing if it has ended.

        The session's virtual node goes with it.
        """
        node = await self.client.own_node_of(session)
        await self.client.destroy_session(session)
        if node:
            await self.client.deregister_node(node)

    async def _keep_registered(self, name: str, instance: Instance, checked_at: str) -> None:
        """Register again and again, for an agent that restarts may forget what was registered with it."""
        retry = Retry(f"announce {name}")
        while True:
            try:
                await self.client.register_service(
                    name, instance, checked_at=checked_at, check_every=self._check_every
                )
            except DiscoveryUnavailable as error:
                await retry.pause(error)
                continue
            retry.succeeded()
            await asyncio.sleep(self._announce_every)

    async def _withdraw(self, name: str, instance: Instance) -> None:
        try:
            await self.client.deregister_service(name, instance)
        except DiscoveryUnavailable as error:
            log.warning("withdraw %s: %s; its failing check will remove it", name, error)

    def _name(self, service: str) -> str:
        return f"{self.prefix}-{service}"
