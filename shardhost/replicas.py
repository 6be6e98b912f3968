"""Which dispatch replica a host attaches to.

Hosts and replicas are numbered by name, and hosts dealt out to replicas in turn: balanced within one,
with nobody to ask. Hosts that are away for a moment keep their number, so that the others stay where they
are. A failure moves on to the next replica; `Balance` brings the host back when its own one is there
again, or when other hosts came and went. Discovery lists a dead replica for some seconds
more, so it is only left for one that can be connected to.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

import grpc

from services.runtime.channel import PlaintextRefused
from services.runtime.discovery import Discovery, DiscoveryUnavailable, Instance
from services.runtime.identity import Dial

# Two looks must agree before a host moves: members and replicas seldom change alone.
_LOOK_S = 2.0
_CONNECT_S = 1.0
# At once; more than an installation has, and little enough for strangers to cost nothing.
_LOOKS = 32


class Members(Protocol):
    """The hosts that are known, live or away."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts, as last seen."""


def deal(replicas: Sequence[Instance], host: str, hosts: Collection[str], offset: int = 0) -> Instance | None:
    """The replica for this host, or the `offset`-th after it; None when there is none."""
    if not replicas:
        return None
    index = sorted({*hosts, host}).index(host)
    return sorted(replicas)[(index + offset) % len(replicas)]


async def connects(channel: grpc.aio.Channel) -> bool:
    """True once it is connected, False as soon as the other end refuses; waits while neither is so."""
    while (state := channel.get_state(try_to_connect=True)) is not grpc.ChannelConnectivity.READY:
        if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            return False
        await channel.wait_for_state_change(state)
    return True


class Replicas:
    """The choice of one host."""

    def __init__(self, discovery: Discovery, service: str, host: str, members: Members, dial: Dial) -> None:
        self._discovery = discovery
        self._service = service
        self._host = host
        self._members = members
        self._dial = dial
        self._offset = 0
        self._were_there: list[Instance] = []

    async def choose(self) -> Instance | None:
        """Where to attach now. Raises DiscoveryUnavailable when none was ever known.

        After a failure the choice is among those that answer and prove to be dispatch: however many others
        are listed (dead ones, strangers), they cost one look and not one attempt each.
        """
        replicas = await self._discovery.resolve(self._service)
        if self._offset and len(replicas) > 1:
            replicas = await self._proven(replicas) or replicas
        return deal(replicas, self._host, self._members.hosts, self._offset)

    async def is_there(self, replica: Instance) -> bool:
        """Whether it can be connected to, and proves to be dispatch."""
        try:
            async with asyncio.timeout(_CONNECT_S), self._dial(replica.address) as channel:
                return await connects(channel)
        except (TimeoutError, PlaintextRefused):
            return False

    async def _proven(self, replicas: Sequence[Instance]) -> list[Instance]:
        looked = self._looks(replicas)
        found = await asyncio.gather(*map(self.is_there, looked))
        self._were_there = [replica for replica, is_there in zip(looked, found, strict=True) if is_there]
        return self._were_there

    def _looks(self, replicas: Sequence[Instance]) -> list[Instance]:
        """Those that were there before, and so many others at each failure that all have their turn."""
        start = (self._offset - 1) * _LOOKS % len(replicas)
        others = [*replicas[start:], *replicas[:start]][:_LOOKS]
        return list(dict.fromkeys([each for each in self._were_there if each in replicas] + others))

    def failed(self) -> None:
        """The one chosen is no good: the next choice is another."""
        self._offset += 1

    async def own(self) -> Instance | None:
        """Where this host belongs while all is well."""
        replicas = await self._discovery.resolve(self._service)
        return deal(replicas, self._host, self._members.hosts)

    def settle(self) -> None:
        """The next choice is the own one."""
        self._offset = 0


class Attached(Protocol):
    """The stream that is moved."""

    @property
    def replica(self) -> Instance | None:
        """Where it is attached, None while it is not."""

    def restart(self) -> None:
        """End it and attach again."""


class Balance:
    """Moves the stream to the host's own replica when it has been elsewhere for two looks."""

    def __init__(
        self,
        replicas: Replicas,
        stream: Attached,
        is_there: Callable[[Instance], Awaitable[bool]] | None = None,
    ) -> None:
        self._replicas = replicas
        self._stream = stream
        self._is_there = is_there or replicas.is_there
        self._better: Instance | None = None

    async def run(self) -> None:
        """Look now and then."""
        while True:
            await asyncio.sleep(_LOOK_S * random.uniform(0.5, 1.5))
            await self.run_once()

    async def run_once(self) -> None:
        """Look once."""
        try:
            own = await self._replicas.own()
        except DiscoveryUnavailable:
            # Nothing is known that could be better.
            return
        here = self._stream.replica
        better = own if here is not None and own != here else None
        if better is not None and better == self._better and await self._is_there(better):
            self._replicas.settle()
            self._stream.restart()
            better = None
        self._better = better
