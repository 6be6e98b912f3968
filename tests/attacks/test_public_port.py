"""Attacked: an API key on its way to the gateway, and the gateway's port with TLS, by callers without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pydantic
import pytest
from pydantic import SecretStr

from gateway.cli.settings import ClientSettings
from gateway.client import Client, Trust
from gateway.settings import GatewaySettings
from infra.local.servers.authority import Authority
from kompang.v1 import accounts_pb2, accounts_pb2_grpc
from services.runtime.channel import PlaintextRefused
from services.runtime.errors import Unavailable
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import explained
from tests.support.slowness import patient

CALL_S = patient(5.0)
KEY = "kpg_aa2342a2_7y7xcTa-dgTRDnaofj"


class Answering(accounts_pb2_grpc.AccountsServiceServicer):
    """Keeps what keys came."""

    def __init__(self) -> None:
        self.keys: list[object] = []

    async def GetAccount(  # noqa: N802 - the name of the RPC
        self, _request: accounts_pb2.GetAccountRequest, context: grpc.aio.ServicerContext
    ) -> accounts_pb2.Account:
        self.keys += [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        return accounts_pb2.Account(name="accounts/1")


@asynccontextmanager
async def served(
    authority: Authority, servicer: Answering, client_ca: Path | None = None
) -> AsyncIterator[str]:
    files = authority.issue("public", "localhost")
    settings = GatewaySettings(
        postgres_dsn=SecretStr("postgresql://nobody@127.0.0.1/none"),
        secret=SecretStr("0" * 64),
        tls_public_certificate_file=files.certificate,
        tls_public_key_file=files.key,
        tls_public_client_ca_file=client_ca,
        drain_s=0.1,
    )
    registration = (accounts_pb2_grpc.add_AccountsServiceServicer_to_server, servicer)
    async with Server(settings, [registration], []) as server:
        yield server.address


async def asked(address: str, trust: Trust) -> str:
    """Raises as `Client.call`."""
    async with Client.opened(address, KEY, trust) as client:
        request = accounts_pb2.GetAccountRequest(name="accounts/-")
        return str((await client.call(client.accounts.GetAccount, request, timeout_s=CALL_S)).name)


async def test_a_caller_needs_the_authority_alone(tmp_path: Path):
    authority, servicer = Authority(tmp_path), Answering()
    async with served(authority, servicer) as address:
        assert await asked(f"https://{address}", Trust(ca_file=authority.file)) == "accounts/1"
        assert await asked(address, Trust(ca_file=authority.file)) == "accounts/1"
    assert len(servicer.keys) == 2


async def test_no_key_is_told_to_a_gateway_that_does_not_prove_itself(tmp_path: Path):
    authority, servicer = Authority(tmp_path / "own"), Answering()
    other = Authority(tmp_path / "other")
    async with served(other, servicer) as address:
        for trust in (Trust(ca_file=authority.file), Trust()):
            with pytest.raises(
                Unavailable, match="of no authority that is believed here; name the authority"
            ):
                await asked(f"https://{address}", trust)
    assert servicer.keys == []


async def test_plaintext_gets_no_answer(tmp_path: Path):
    servicer = Answering()
    async with served(Authority(tmp_path), servicer) as address:
        with pytest.raises(Unavailable, match="write https:// before the address"):
            await asked(address, Trust())
    assert servicer.keys == []


async def test_tls_to_a_gateway_without_it_gets_no_answer(tmp_path: Path):
    settings = ServerSettings(drain_s=0.1)
    async with Server(settings, [], []) as server:
        with pytest.raises(Unavailable, match="it speaks no TLS; leave out https://"):
            await asked(f"https://{server.address}", Trust(ca_file=Authority(tmp_path).file))


async def test_a_gateway_that_asks_for_certificates_takes_those_of_its_authority_alone(tmp_path: Path):
    authority, callers, servicer = Authority(tmp_path), Authority(tmp_path / "callers"), Answering()
    own, foreign = callers.issue("acme", "acme"), authority.issue("stranger", "acme")
    async with served(authority, servicer, callers.file) as address:
        good = Trust(authority.file, own.certificate, own.key)
        assert await asked(f"https://{address}", good) == "accounts/1"
        for bad in (Trust(authority.file), Trust(authority.file, foreign.certificate, foreign.key)):
            with pytest.raises(Unavailable):
                await asked(f"https://{address}", bad)
    assert len(servicer.keys) == 1


@pytest.mark.parametrize("address", ["192.0.2.1:7000", "gateway.example:7000", "[2001:db8::1]:7000"])
async def test_no_key_goes_to_another_machine_in_plaintext(address: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(PlaintextRefused):
        await asked(address, Trust())
    monkeypatch.setenv("KOMPANG_GATEWAY_ADDRESS", address)
    monkeypatch.setenv("KOMPANG_API_KEY", KEY)
    with pytest.raises(pydantic.ValidationError) as refused:
        ClientSettings()
    line = explained(refused.value)
    assert line.startswith("KOMPANG_GATEWAY_ADDRESS: the API key would go to another machine in plain text")
    assert KEY not in line
    monkeypatch.setenv("KOMPANG_PLAINTEXT", "allow")
    assert ClientSettings().trust.plaintext
