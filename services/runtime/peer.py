"""Who calls, by its certificate, and whether that process may call this method.

A servicer reads `current_peer`. It is None on a port without client certificates (plaintext on loopback, the
gateway's public port): there nobody is known.
"""

import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import StrEnum, unique

import grpc
from opentelemetry import metrics

from services.runtime.errors import PermissionDenied
from services.runtime.interceptor import CallInterceptor
from services.runtime.tls.names import Peer, peer_of

Callers = Mapping[str, frozenset[str]]
"""The roles that may call, by `package.Service/Method`. What is not in it is called by nobody."""

current_peer: ContextVar[Peer | None] = ContextVar("peer", default=None)
"""The process that makes the present call."""

log = logging.getLogger(__name__)

denied: Counter[str] = Counter()
"""How many calls were refused in this process, by method."""

_counter = metrics.get_meter(__name__).create_counter(
    "kompang.denied_calls",
    unit="{call}",
    description="Calls of processes whose certificates do not permit them.",
)
_MOST_NAMES = 5
# So many of a method one by one, then one line for so many: a caller that tries for ever fills no disk.
_EACH_LOGGED = 100


@unique
class PeerReason(StrEnum):
    """The reason of a refusal between processes; it never reaches a caller of the public API."""

    CALLER_NOT_PERMITTED = "CALLER_NOT_PERMITTED"


class PeerInterceptor(CallInterceptor):
    """Lets a call pass when the caller's certificate names a role that may make it."""

    def __init__(self, callers: Callers, domain: str) -> None:
        self._callers = callers
        self._domain = domain

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:
        """The peer is known for the time of the call. Raises `PermissionDenied`."""
        name = method.removeprefix("/")
        permitted = self._callers.get(name, frozenset())
        peer = _peer(context, self._domain)
        if not permitted & peer.roles:
            raise refused(name, peer, f"only {_listed(permitted)} may call it")
        # Not reset: the call has a context of its own, and a stream may be closed from another one.
        current_peer.set(peer)
        yield


def refused(method: str, peer: Peer, why: str) -> PermissionDenied:
    """Counts and logs a refusal; raise what it returns."""
    names = sorted(f"{name.instance}.{name.role}".lstrip(".") for name in peer.names)[:_MOST_NAMES]
    denied[method] += 1
    _counter.add(1, {"rpc.method": method})
    count = denied[method]
    if count <= _EACH_LOGGED or count % _EACH_LOGGED == 0:
        said = {"method": method, "peer": names, "why": why, "refused_so_far": count}
        log.warning("call refused", extra=said)
    return PermissionDenied(
        f"{method}: the certificate of the caller is for {_listed(names)}; {why}",
        reason=PeerReason.CALLER_NOT_PERMITTED,
    )


def _peer(context: grpc.aio.ServicerContext, domain: str) -> Peer:
    proven = context.auth_context()
    whole = b"".join(map(_der, proven.get("x509_pem_cert", ())))
    # gRPC in Python tells a name up to its first NUL: what follows stands in the certificate alone.
    names = (name for name in proven.get("peer_dns", ()) if name + b"\0" not in whole)
    return peer_of((name.decode(errors="replace") for name in names), domain)


def _der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"
