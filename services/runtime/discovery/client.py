"""The Consul calls this package needs, typed, each with a deadline and one kind of error.

This file and `http` alone import py-consul. Known traps it covers: sessions are created by a raw request
(py-consul refuses a TTL below 10 s and a lock-delay below 1 s), nodes too (it sends their meta where
Consul does not look, and the token in the URL), checks are passed as `check=` (extra checks alone are
dropped silently), and the connection limit is large (100 long polls would starve renewals).
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from consul.callback import CB
from consul.exceptions import ConsulException

from services.runtime.containment import contained
from services.runtime.discovery.access import Access, Credentials
from services.runtime.discovery.errors import DiscoveryUnavailable
from services.runtime.discovery.http import AuthorizedConsul

Behavior = Literal["release", "delete"]

CONNECTIONS = 1024
"""Consul itself stops at 200 a client address; the limit here must never be the narrower one."""

_LONGEST_NAME = 255
# A name or an IPv4 address, or an IPv6 address in brackets.
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.%]+\]")

UNKNOWN_SESSION = ("Session id", "invalid session")
"""Consul's own words, of a renewal (404) and of an acquire (500): a 404 of some proxy is no lost session."""


@dataclass(frozen=True, order=True)
class Instance:
    """One announced instance of a service; `address` is host:port, exactly as announced."""

    instance_id: str
    address: str


@dataclass(frozen=True)
class Entry:
    """One key. `session` is None when nobody holds it; `modify_index` only grows, over all keys."""

    key: str
    session: str | None
    modify_index: int
    value: str = ""


class Client:
    """Thin and stateless apart from its connections. Must be made inside a running event loop."""

    def __init__(self, address: str, *, access: Access, deadline: float) -> None:
        """Raises OSError or ssl.SSLError for files that are no good."""
        url = urlsplit(address if "//" in address else f"//{address}", scheme="http")
        host, port = url.hostname or "127.0.0.1", url.port or 8500
        self._deadline = deadline
        self._credentials = Credentials(access, secure=url.scheme == "https")
        self._consul: Any = AuthorizedConsul(host, port, self._credentials, CONNECTIONS)

    async def close(self) -> None:
        """Close the connections."""
        await self._consul.close()

    # Services

    async def register_service(
        self, name: str, instance: Instance, *, checked_at: str, check_every: float
    ) -> None:
        """Register with the agent, or confirm; an existing check keeps its state."""
        host, _, port = instance.address.rpartition(":")
        check = {
            "GRPC": checked_at,
            "Interval": f"{check_every}s",
            "Timeout": f"{check_every}s",
            "DeregisterCriticalServiceAfter": "1m",
        }
        service = self._consul.agent.service
        await self._call(
            service.register(
                name,
                service_id=service_id(name, instance),
                address=host.strip("[]"),
                port=int(port),
                meta={"instance": instance.instance_id, "address": instance.address},
                check=check,
                replace_existing_checks=True,
            )
        )

    async def deregister_service(self, name: str, instance: Instance) -> None:
        """Take the instance out of the agent, if it is there."""
        await self._call(self._consul.agent.service.deregister(service_id(name, instance)))

    async def passing(self, name: str, *, index: int = 0, wait: float = 0) -> tuple[int, list[Instance]]:
        """Read index and instances, sorted, each once: one may be registered with several agents."""
        request = self._consul.health.service(name, passing=True, **_blocking(index, wait))
        newer, nodes = await self._call(request, held=wait if index else 0)
        with _readable():
            return int(newer), sorted(_instances(nodes or ()))

    # Nodes and sessions

    async def register_node(self, node: str, meta: Mapping[str, str]) -> None:
        """Make a name for a session to stand on; its address is required by Consul and used by nobody."""
        body = {"Node": node, "Address": "127.0.0.1", "NodeMeta": dict(meta)}
        await self._call(self._put("/v1/catalog/register", body, CB.boolean()))

    async def nodes(self, meta: Mapping[str, str]) -> list[str]:
        """List the nodes registered with all of `meta`."""
        _, nodes = await self._call(self._consul.catalog.nodes(node_meta=dict(meta)))
        with _readable():
            return [str(node["Node"]) for node in nodes or ()]

    async def deregister_node(self, node: str) -> None:
        """Remove the node, which ends every session on it too."""
        await self._call(self._consul.catalog.deregister(node))

    async def create_session(self, node: str, *, ttl: float, lock_delay: float, behavior: Behavior) -> str:
        """Create a session without any check, named after its node; times in seconds."""
        body = {
            "Name": node,
            "Node": node,
            "NodeChecks": [],
            "TTL": f"{ttl:.3f}s",
            "LockDelay": f"{lock_delay:.3f}s",
            "Behavior": behavior,
        }
        return str(await self._call(self._put("/v1/session/create", body, CB.json(is_id=True))))

    async def renew_session(self, session: str, *, deadline: float) -> bool:
        """Prolong the session by its TTL. False when Consul does not know it."""
        try:
            await self._call(self._consul.session.renew(session), deadline=min(deadline, self._deadline))
        except _UnknownSession:
            return False
        return True

    async def destroy_session(self, session: str) -> None:
        """End the session. Also succeeds when there is no such session."""
        await self._call(self._consul.session.destroy(session))

    async def own_node_of(self, session: str) -> str | None:
        """Find the virtual node of a session that `create_session` made; None for any other."""
        _, info = await self._call(self._consul.session.info(session))
        with _readable():
            return str(info["Node"]) if info and info["Name"] == info["Node"] else None

    # Keys

    async def read(self, key: str, *, index: int = 0, wait: float = 0) -> tuple[int, Entry | None]:
        """Read index and key, consistently: the leader makes sure that it still leads."""
        request = self._consul.kv.get(key, consistency="consistent", **_blocking(index, wait))
        newer, found = await self._call(request, held=wait if index else 0)
        with _readable():
            return int(newer), _entry(found) if found else None

    async def read_tree(
        self, prefix: str, *, index: int = 0, wait: float = 0, consistent: bool = False
    ) -> tuple[int, list[Entry]]:
        """Read index and all keys under `prefix`; `consistent`: the leader makes sure that it still leads."""
        mode = {"consistency": "consistent"} if consistent else {}
        request = self._consul.kv.get(prefix, recurse=True, **mode, **_blocking(index, wait))
        newer, found = await self._call(request, held=wait if index else 0)
        with _readable():
            return int(newer), [_entry(one) for one in found or ()]

    async def delete(self, key: str, *, index: int) -> None:
        """Delete the key, unless it was written since `index`, its ModifyIndex at that time."""
        await self._call(self._consul.kv.delete(key, cas=index))

    async def acquire(self, key: str, value: str, session: str) -> bool:
        """Try to lock. Do not trust False: aiohttp repeats a PUT whose connection broke. Read back."""
        try:
            return bool(await self._call(self._consul.kv.put(key, value, acquire=session)))
        except _UnknownSession:
            return False

    async def release(self, key: str, session: str) -> bool:
        """Free at once, without lock-delay. False when this session does not hold the key."""
        try:
            return bool(await self._call(self._consul.kv.put(key, "", release=session)))
        except _UnknownSession:
            return False

    def _put(self, path: str, body: Mapping[str, Any], read: Any) -> Awaitable[Any]:
        request: Awaitable[Any] = self._consul.http.put(
            read, path, headers=self._consul.prepare_headers(), data=json.dumps(body)
        )
        return request

    async def _call(self, request: Awaitable[Any], *, deadline: float | None = None, held: float = 0) -> Any:
        """`held`: seconds Consul was asked to hold the answer back; it adds up to a sixteenth by itself."""
        limit = (deadline or self._deadline) + held * 17 / 16
        try:
            async with asyncio.timeout(limit):
                with _readable():
                    return await request
        except TimeoutError as error:
            raise DiscoveryUnavailable(f"Consul did not answer within {limit:.1f} s") from error
        except ConsulException as error:
            if any(words in str(error) for words in UNKNOWN_SESSION):
                raise _UnknownSession(str(error)) from error
            # Without the error itself: what the text of a refusal repeats would reach a log by it.
            refused = self._credentials.without_token(str(error))
            raise DiscoveryUnavailable(f"Consul refused: {refused}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise DiscoveryUnavailable(
                f"Consul cannot be reached: {type(error).__name__}: {error}"
            ) from error


class _UnknownSession(DiscoveryUnavailable):
    """Consul answered, and the session is none of its own."""


def service_id(name: str, instance: Instance) -> str:
    """Name the instance uniquely within an agent."""
    return f"{name}-{instance.instance_id}"


def _blocking(index: int, wait: float) -> Mapping[str, Any]:
    return {"index": index, "wait": f"{wait:.3f}s"} if index else {}


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever answers instead of Consul, or is of another version: it counts as away."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DiscoveryUnavailable(f"Consul's answer cannot be read: {type(error).__name__}") from error


def _instances(nodes: Iterable[Any]) -> set[Instance]:
    """Those that say where they are; anybody may register anything."""
    found = set()
    for node in nodes:
        meta = node["Service"].get("Meta") or {}
        if "instance" not in meta:
            continue
        with contained("discovery.instance"):
            found.add(_instance(meta["instance"], meta.get("address")))
    return found


def _instance(name: Any, address: Any) -> Instance:
    """Raises ValueError for what is no name of a process, or no address that can be dialled."""
    for text in (name, address):
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_NAME or not text.isprintable():
            raise ValueError("an instance without a name or an address")
    host, _, port = address.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        raise ValueError("an instance whose address is not host:port")
    return Instance(name, address)


def _entry(found: Mapping[str, Any]) -> Entry:
    value = (found.get("Value") or b"").decode("utf-8", "replace")
    return Entry(str(found["Key"]), found.get("Session") or None, int(found["ModifyIndex"]), value)
