"""The stream to dispatch: one at a time, to one replica, and another one when it ends.

Authority and term: dispatch grants the term, `shardhost.term` counts it. A stream that breaks takes no
lease along: what the host holds it may use until the term is over, and attaches again meanwhile.

Order on a new stream: Hello → Welcome; the claims of every shard held, with the epochs they had; when all
of them are answered, the outcomes that were not acknowledged, and then the credits. A credit says that
the host has nothing in hand for the device. That is only true if nothing is read from an old stream
after Hello was written on a new one; so the old one is cancelled first, and its reader has ended.

Failures: no answer to Hello, a stream that ends, a renewal without an answer for two thirds of the term
(the replica may be stopped while its socket lives): the next replica is tried, with backoff. When the
term has run out and no replica could even be connected to for a whole term, the host gives up its place
in Consul (`Registry.resign`), so that others take its shards. A frame that cannot be taken, or made, ends
the stream too, and not the host (but for those of the claims): the next stream begins with everything anew.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import ENDED_WHILE_WRITING, PlaintextRefused
from services.runtime.discovery import DiscoveryUnavailable, Instance
from services.runtime.identity import Dial
from services.runtime.retry import Retry
from shardhost.attachment import BREAKS, Attachment, Restart, StreamLost
from shardhost.outbox import Outbox
from shardhost.replicas import Replicas, connects
from shardhost.term import Term

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 1.0


class Registry(Protocol):
    """The host's place in Consul."""

    async def session(self) -> str:
        """The id of the session that carries the host's locks; waits for the first one."""

    def resign(self) -> None:
        """Give the session up until it is asked for again."""


class StreamListener(Protocol):
    """Called when a stream stands or ends, and with each frame that comes on it."""

    def on_welcome(self, welcome: pb.Welcome, *, unbroken: bool) -> None:
        """A stream stands; `unbroken`: the term before it had not run out."""

    def on_stream_lost(self) -> None:
        """The stream is gone."""

    def on_term_over(self) -> None:
        """The term has run out."""

    def frame_callbacks(self) -> Mapping[str, Callable[[Any], None]]:
        """What to call for each kind of frame."""


class Stream:
    """`run()` keeps one stream standing. `incarnation` is a UUID of this process's own.

    `clients`: by transport, the version of the client.
    """

    def __init__(
        self,
        *,
        host: str,
        incarnation: str,
        clients: Mapping[str, str],
        attach_timeout: float,
        replicas: Replicas,
        dial: Dial,
        registry: Registry,
        outbox: Outbox,
        term: Term,
        listener: StreamListener,
    ) -> None:
        self._host = host
        self._incarnation = incarnation
        self._clients = clients
        self._attach_timeout = attach_timeout
        self._replicas = replicas
        self._dial = dial
        self._registry = registry
        self._outbox = outbox
        self._term = term
        self._listener = listener
        self._callbacks = dict(listener.frame_callbacks())
        self.replica: Instance | None = None
        # Each failure is logged with its reason by `run_once`.
        self._retry = Retry(None, longest_s=_LONGEST_PAUSE_S)
        self._cut_off_since: float | None = None
        self._restarts = False
        self._attachment: Attachment | None = None

    async def run(self) -> None:
        """Attach, again and again; after a failure to the next replica."""
        while True:
            restarted = await self.run_once()
            if not self._term.holds():
                self._listener.on_term_over()
                self._resign_if_cut_off()
            if not restarted:
                self._replicas.failed()
                await self._retry.pause()

    async def run_once(self) -> bool:
        """Attach to one replica and stay until the stream ends. True when it was by `restart`."""
        if self._cut_off_since is None:
            self._cut_off_since = self._term.clock()
        try:
            replica = await self._replicas.choose()
            if replica is None:
                raise StreamLost("no replica is known")
            await self._attach(replica)
        except Restart:
            return True
        except DiscoveryUnavailable as error:
            log.warning("dispatch cannot be looked up", extra={"reason": error.reason})
        except (StreamLost, PlaintextRefused, *BREAKS) as error:
            log.warning("no stream to dispatch", extra={"why": _explained(error)})
        return False

    def restart(self) -> None:
        """End this stream and attach again: for a new Consul session, or to a better replica."""
        self._restarts = True
        if self._attachment is not None:
            self._attachment.restart()

    def _resign_if_cut_off(self) -> None:
        """Resigns when no dispatch answers; not while its database is away, as no host could send then."""
        since = self._cut_off_since
        if since is not None and self._term.clock() > since + self._term.length:
            self._registry.resign()

    async def _reach(self, channel: grpc.aio.Channel) -> None:
        """Checks that the host reaches dispatch: only such a host may be a member."""
        async with asyncio.timeout(self._attach_timeout):
            if not await connects(channel):
                raise StreamLost("the replica refuses connections")
        self._cut_off_since = None

    async def _attach(self, replica: Instance) -> None:
        async with self._dial(replica.address) as channel:
            await self._reach(channel)
            self._restarts = False
            session = await self._registry.session()
            call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach()
            attachment = Attachment(call, self._outbox, self._term, self._callbacks)
            try:
                await self._welcome(attachment, session)
                self.replica, self._attachment = replica, attachment
                if self._restarts:
                    attachment.restart()
                await attachment.serve()
            finally:
                call.cancel()
                self.replica, self._attachment = None, None
                self._outbox.close()
                self._listener.on_stream_lost()

    async def _welcome(self, attachment: Attachment, session: str) -> None:
        hello = pb.Hello(
            host_id=self._host,
            incarnation=self._incarnation,
            consul_session=session,
            clients=self._clients,
        )
        welcome, unbroken = await attachment.hello(hello, self._attach_timeout)
        self._retry.succeeded()
        self._outbox.open()
        self._listener.on_welcome(welcome, unbroken=unbroken)
        log.info("attached", extra={"dispatch": welcome.dispatch_id, "unbroken": unbroken})


def _explained(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        if error.details() == ENDED_WHILE_WRITING:
            return "the replica ended it while something was written to it; the next attempt gets the reason"
        # A refusal of this host's certificate says more than its code.
        denied = error.code() is grpc.StatusCode.PERMISSION_DENIED
        return f"{error.code().name}: {error.details()}" if denied else str(error.code().name)
    return str(error) or type(error).__name__
