"""Membership: one session per member, on a node of its own, and the key that shows it to the others.

    absent ──open──▶ held ──close──▶ away ──open──▶ held
                      │                └── forgotten ──▶ absent
                      └─ Consul no longer knows the session ──▶ lost (for good: open another); away

The node is virtual: registered for this one session, checked by nobody. A session on the node of a
Consul server would die with that server, although it was renewed; a session on a node shared with a
predecessor of the same name would die when the predecessor's node is cleared away.

The key outlives its session: a member that nobody holds any more is away, until it comes back or is
forgotten (`Discovery.forget_member`), which somebody must see to.
"""

import asyncio
import logging
import uuid
from typing import Self

from services.runtime.discovery.errors import DiscoveryUnavailable, MemberExists
from services.runtime.discovery.registry import Discovery
from services.runtime.discovery.signature import signature
from services.runtime.discovery.watching import WAIT
from services.runtime.retry import Retry

log = logging.getLogger(__name__)

RETRY_S = 0.1
"""Seconds between tries at a key in its lock-delay: Consul announces no end of it."""


class MemberSession:
    """A held membership. Its owner runs `run()`, watches `lost`, and calls `close()` at the end."""

    def __init__(self, discovery: Discovery, member: str, session: str, ttl: float, secret: str = "") -> None:
        self.discovery = discovery
        self.member = member
        self.id = session
        # In every key that the session holds.
        self.signature = signature(member, secret)
        self.lost = asyncio.Event()
        self._ttl = ttl

    @classmethod
    async def open(
        cls,
        discovery: Discovery,
        member: str,
        *,
        ttl: float = 15.0,
        lock_delay: float = 0.001,
        patience: float = 0.0,
        secret: str = "",
    ) -> Self:
        """Become `member`; times in seconds. Consul ends an unrenewed session after up to twice `ttl`.

        `lock_delay` may be as short as 0, since epochs fence. Waits up to `patience` for the session of a
        predecessor (one killed a moment ago) to end. The keys show the hash of `secret`: who is told it can
        tell that they are this member's.
        Raises MemberExists when it did not, DiscoveryUnavailable when Consul cannot be asked.
        """
        until = asyncio.get_running_loop().time() + patience
        await _vacancy(discovery, member, until)
        node = f"{discovery.prefix}-{member}-{uuid.uuid4().hex[:8]}"
        await discovery.client.register_node(node, _node_meta(discovery, member))
        session = await discovery.client.create_session(
            node, ttl=ttl, lock_delay=lock_delay, behavior="release"
        )
        self = cls(discovery, member, session, ttl, secret)
        try:
            await self._appear(until + lock_delay)
            await self._clear_predecessors(node)
        except BaseException:
            await self.close()
            raise
        return self

    async def run(self) -> None:
        """Renew every third of the TTL until the session is lost. An absent Consul is not a loss."""
        retry = Retry(f"renew session of {self.member}", longest_s=self._ttl / 6)
        while not self.lost.is_set():
            try:
                await self.run_once()
            except DiscoveryUnavailable as error:
                await retry.pause(error)
                continue
            retry.succeeded()
            await asyncio.sleep(self._ttl / 3)

    async def run_once(self) -> None:
        """Renew once; set `lost` when Consul says that there is no such session."""
        if not await self.discovery.client.renew_session(self.id, deadline=self._ttl / 3):
            log.warning("the session of %s is lost", self.member)
            self.lost.set()

    async def leave(self) -> None:
        """Disappear from the members, keep the session and its locks: the others begin to take over."""
        await self.discovery.client.release(_key(self.discovery, self.member), self.id)

    async def close(self) -> None:
        """End the session. Release locks first: those still held stay blocked for the lock-delay."""
        try:
            await self.discovery.client.release(_key(self.discovery, self.member), self.id)
            await self.discovery.destroy_session(self.id)
        except DiscoveryUnavailable as error:
            log.warning("close session of %s: %s; it ends with its TTL", self.member, error)

    async def _appear(self, until: float) -> None:
        """Take the member's key. The first try may fall into the lock-delay of a predecessor."""
        key = _key(self.discovery, self.member)
        while True:
            await self.discovery.client.acquire(key, self.signature, self.id)
            _, entry = await self.discovery.client.read(key)
            holder = entry.session if entry else None
            if holder == self.id:
                return
            if holder:
                raise MemberExists(self.member, holder)
            if asyncio.get_running_loop().time() >= until + RETRY_S:
                raise DiscoveryUnavailable(f"the key of member {self.member!r} stays in its lock-delay")
            await asyncio.sleep(RETRY_S)

    async def _clear_predecessors(self, own: str) -> None:
        """Remove the nodes of predecessors that ended by their TTL: only the holder of the name is alive."""
        client = self.discovery.client
        for node in await client.nodes(_node_meta(self.discovery, self.member)):
            if node != own:
                await client.deregister_node(node)


async def _vacancy(discovery: Discovery, member: str, until: float) -> None:
    """Wait until nobody holds the member's key; raise MemberExists if that is not so by `until`."""
    key, index = _key(discovery, member), 0
    while True:
        left = until - asyncio.get_running_loop().time()
        newer, entry = await discovery.client.read(key, index=index, wait=min(WAIT, max(left, RETRY_S)))
        if not entry or not entry.session:
            return
        if left <= 0:
            raise MemberExists(member, entry.session)
        index = newer if newer >= index else 0


def _node_meta(discovery: Discovery, member: str) -> dict[str, str]:
    return {"mesh": discovery.prefix, "member": member}


def _key(discovery: Discovery, member: str) -> str:
    return f"{discovery.prefix}/members/{member}"
