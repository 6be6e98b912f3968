"""Attacked: Consul. With default deny a process does its work by its own policy, and nothing else."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from infra.local.servers.authority import Authority
from infra.local.servers.consul import Consul
from infra.local.servers.ports import free_ports
from services.runtime.discovery import Discovery, DiscoveryUnavailable, Instance, Locks, MemberSession
from services.runtime.discovery.access import Access
from services.runtime.settings import ConsulSettings
from tests.integration.discovery.consul_cluster import consul_cluster

MANAGEMENT = str(uuid.uuid4())
POLICIES = Path(__file__).parents[2] / "docs" / "consul"
NOBODY = "127.0.0.1:1"
PROCESSES = ("gateway", "enrollment", "dispatch", "shardhost", "operator")

Call = Callable[[Discovery], Awaitable[object]]


@pytest_asyncio.fixture(scope="module")
async def consul() -> AsyncIterator[Consul]:
    """A server that lets nobody do anything without a token."""
    tokens = {"master": MANAGEMENT, "agent": MANAGEMENT}
    acl = {"enabled": True, "default_policy": "deny", "tokens": tokens}
    async with consul_cluster(further={"acl": acl}, token=MANAGEMENT) as (server,):
        yield server


@pytest_asyncio.fixture(scope="module")
async def tokens(consul: Consul) -> dict[str, str]:
    """A token for each process, with the policy that the documents give it."""
    made = {}
    async with aiohttp.ClientSession(
        f"http://{consul.address}", headers={"X-Consul-Token": MANAGEMENT}
    ) as session:

        async def put(path: str, body: dict[str, object]) -> dict[str, str]:
            async with session.put(path, data=json.dumps(body)) as response:
                assert response.status == 200, await response.text()
                return dict(await response.json())

        for process in PROCESSES:
            rules = (POLICIES / f"{process}.hcl").read_text()
            await put("/v1/acl/policy", {"Name": process, "Rules": rules})
            token = await put("/v1/acl/token", {"Policies": [{"Name": process}]})
            made[process] = token["SecretID"]
    return made


@pytest.fixture
async def opened(consul: Consul, tokens: dict[str, str]) -> AsyncIterator[Callable[[str], Discovery]]:
    """A process's view of Consul, with the process's own token; `nobody` has none."""
    async with AsyncExitStack() as stack:
        views = {"nobody": await stack.enter_async_context(Discovery(consul.address))}
        for process, token in tokens.items():
            view = Discovery(consul.address, access=Access(token), check_every=0.2)
            views[process] = await stack.enter_async_context(view)
        yield views.__getitem__


async def test_each_process_works_with_its_own_policy(opened):
    for process in ("gateway", "enrollment", "dispatch"):
        one = Instance("one", "127.0.0.1:1")
        await opened(process).client.register_service(
            f"kompang-{process}", one, checked_at=NOBODY, check_every=1
        )
        await opened(process).client.deregister_service(f"kompang-{process}", one)
    assert await opened("gateway").resolve("enrollment") == []
    assert await opened("shardhost").resolve("dispatch") == []
    host, dispatch = opened("shardhost"), opened("dispatch")
    session = await MemberSession.open(host, "host-1", ttl=10.0, secret="s1")
    epoch = await Locks(session).acquire("shards/7")
    await session.run_once()
    members = await anext(aiter(host.watch_members()))
    assert members.sessions == {"host-1": session.id}
    for view in (dispatch, opened("operator")):
        _, locks = await view.locks("shards/")
        assert (locks["shards/7"].session, locks["shards/7"].modify_index) == (session.id, epoch)
    assert not await dispatch.end_session_of("host-1", "another secret", session.id)
    assert await dispatch.end_session_of("host-1", "s1", session.id)
    await session.run_once()
    assert session.lost.is_set()
    # It comes back, clears what its predecessor left behind, leaves, and is forgotten.
    again = await MemberSession.open(host, "host-1", ttl=10.0, secret="s2")
    await Locks(again).release("shards/7")
    await again.leave()
    await again.close()
    away = (await anext(aiter(host.watch_members()))).away
    await host.forget_member("host-1", away["host-1"])


def _write(key: str) -> Call:
    return lambda view: view.client.delete(key, index=0)


def _register(service: str) -> Call:
    evil = Instance("evil", NOBODY)
    return lambda view: view.client.register_service(service, evil, checked_at=NOBODY, check_every=1)


def _node(view: Discovery) -> Awaitable[object]:
    return view.client.register_node("kompang-host-1-x", {})


def _other_node(view: Discovery) -> Awaitable[object]:
    return view.client.register_node("database", {})


LOCK, MEMBER = "kompang/locks/shards/1", "kompang/members/host-1"


@pytest.mark.parametrize(
    ("process", "calls"),
    [
        ("nobody", [_write(LOCK), _write(MEMBER), _register("kompang-dispatch"), _node]),
        ("gateway", [_write(LOCK), _write(MEMBER), _register("kompang-dispatch"), _node]),
        ("gateway", [_register("kompang-enrollment")]),
        ("enrollment", [_write(LOCK), _write(MEMBER), _register("kompang-dispatch"), _node]),
        ("dispatch", [_write(LOCK), _write(MEMBER), _register("kompang-enrollment"), _other_node]),
        ("shardhost", [_write("other/key"), _register("kompang-dispatch"), _other_node]),
        ("operator", [_write(LOCK), _write(MEMBER), _register("kompang-dispatch"), _node]),
    ],
)
async def test_what_a_process_must_not_do_is_refused(opened, process, calls):
    for call in calls:
        with pytest.raises(DiscoveryUnavailable, match=r"Permission denied|lacks permission"):
            await call(opened(process))


async def test_who_may_not_read_sees_no_lock_and_no_service(opened):
    host = opened("shardhost")
    session = await MemberSession.open(host, "host-2", ttl=10.0)
    await Locks(session).acquire("shards/8")
    for process in ("nobody", "gateway", "enrollment"):
        assert (await opened(process).client.read_tree("kompang/"))[1] == []
    await session.close()


async def test_a_token_is_never_shown(consul, tokens, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "token"
    path.write_text(f"{tokens['enrollment']}\n")
    wrong = "11111111-2222-3333-4444-555555555555"
    async with Discovery(consul.address, access=Access(tokens["enrollment"], path)) as view:
        with pytest.raises(DiscoveryUnavailable) as refused:
            await _write(LOCK)(view)
        path.write_text(wrong)
        with pytest.raises(DiscoveryUnavailable) as unknown:
            await view.client.read_tree("kompang/")
        # A file that is away, or empty, for a moment.
        path.write_text("")
        with pytest.raises(DiscoveryUnavailable):
            await view.client.read_tree("kompang/")
        path.write_text(tokens["enrollment"])
        await view.client.read_tree("kompang/")
    told = f"{refused.value!r}{unknown.value!r}{view!r}{Access(wrong)!r}{caplog.text}"
    assert tokens["enrollment"] not in told
    assert wrong not in told


async def test_a_redirect_takes_no_token_along():
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://%s/\r\nContent-Length: 0\r\n\r\n" % there
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server, server:
        host, port = server.sockets[0].getsockname()
        there = f"{host}:{port}/elsewhere".encode()
        async with Discovery(f"{host}:{port}", access=Access("secret")) as view:
            with pytest.raises(DiscoveryUnavailable):
                await view.locks()
    assert len(seen) == 1
    assert "secret" not in seen[0].splitlines()[0]


async def test_over_tls_only_the_right_authority_and_certificate_will_do(tmp_path):
    authority, other = Authority(tmp_path / "a"), Authority(tmp_path / "b", "other")
    server, client, stranger = (
        a.issue(n, "localhost")
        for a, n in ((authority, "consul"), (authority, "client"), (other, "stranger"))
    )
    [port] = free_ports(1)
    further = {
        "ca_file": str(server.authority),
        "cert_file": str(server.certificate),
        "key_file": str(server.key),
        "verify_incoming_https": True,
        "ports": {"https": port},
    }
    async with consul_cluster(further=further) as (running,):
        address = f"https://localhost:{port}"
        for access, passes in (
            (Access("", None, authority.file, client.certificate, client.key), True),
            (Access("", None, authority.file, stranger.certificate, stranger.key), False),
            (Access("", None, authority.file), False),
            (Access("", None, other.file, client.certificate, client.key), False),
            (Access("", None, None, client.certificate, client.key), False),
        ):
            async with Discovery(address, access=access) as view:
                if passes:
                    assert (await view.locks())[1] == {}
                else:
                    with pytest.raises(DiscoveryUnavailable):
                        await view.locks()
        assert running.address


def test_the_token_is_the_product_s_own_setting_or_consul_s(monkeypatch, tmp_path):
    assert ConsulSettings().consul_secret == ""
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "standard")
    assert ConsulSettings().consul_secret == "standard"
    monkeypatch.setenv("KOMPANG_CONSUL_TOKEN", "own")
    assert ConsulSettings().consul_secret == "own"
    monkeypatch.delenv("KOMPANG_CONSUL_TOKEN")
    (tmp_path / "token").write_text("filed\n")
    monkeypatch.setenv("KOMPANG_CONSUL_TOKEN_FILE", str(tmp_path / "token"))
    read = ConsulSettings()
    assert (read.consul_secret, read.consul_token_file) == ("filed", tmp_path / "token")
    assert "filed" not in repr(read)
