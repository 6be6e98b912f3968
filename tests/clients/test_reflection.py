"""A client that knows nothing but an address and a key: all else it learns by server reflection."""

from typing import Any

import grpc
import pytest
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tests.integration.gateway.mesh import running
from tests.support.database import Database
from tests.support.slowness import patient

TIMEOUT_S = patient(10)


class Stranger:
    """Calls methods by name, with dictionaries."""

    def __init__(self, channel: grpc.Channel, key: str) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._database = ProtoReflectionDescriptorDatabase(channel)
        self._pool = DescriptorPool(self._database)

    def services(self) -> set[str]:
        return set(self._database.get_services())

    def call(self, service: str, method: str, **request: Any) -> dict[str, Any]:
        found = self._pool.FindServiceByName(f"kompang.v1.{service}").FindMethodByName(method)
        asked, answered = (
            message_factory.GetMessageClass(kind) for kind in (found.input_type, found.output_type)
        )
        ask = self._channel.unary_unary(
            f"/kompang.v1.{service}/{method}",
            request_serializer=lambda made: made.SerializeToString(),
            response_deserializer=answered.FromString,
        )
        made = json_format.ParseDict(request, asked(), descriptor_pool=self._pool)
        answer = ask(made, metadata=self._metadata, timeout=TIMEOUT_S)
        return json_format.MessageToDict(answer, descriptor_pool=self._pool)


def walk(address: str, key: str) -> None:
    with grpc.insecure_channel(address) as channel:
        stranger = Stranger(channel, key)
        nouns = ("Accounts", "Devices", "Events", "Leads", "Messages", "Sequences")
        assert {f"kompang.v1.{noun}Service" for noun in nouns} <= stranger.services()
        devices = stranger.call(
            "DevicesService", "BatchCreateDevices",
            devices=[{"phone": "+60123456780", "minDelay": "1s", "maxDelay": "2.500s"}],
        )["devices"]  # fmt: skip
        assert devices[0]["maxDelay"] == "2.500s"
        made = stranger.call(
            "SequencesService", "CreateSequence", sequenceId="cold",
            sequence={"trigger": "COLDEXSTART", "steps": [{"text": "Hi {name}", "offset": "300s"}]},
        )  # fmt: skip
        changed = stranger.call(
            "SequencesService", "UpdateSequence", updateMask="displayName",
            sequence={"name": made["name"], "displayName": "Cold", "etag": made["etag"]},
        )  # fmt: skip
        assert (changed["displayName"], changed["steps"]) == ("Cold", made["steps"])
        active = stranger.call("SequencesService", "ActivateSequence", name=made["name"])
        assert active["state"] == "STATE_ACTIVE"
        grant = {"source": "web form", "grantTime": "2026-01-02T03:04:05Z"}
        upserted = stranger.call(
            "LeadsService", "BatchUpsertLeads",
            leads=[{"phone": "+60123456789", "trigger": "COLDEXSTART", "consent": grant}],
        )  # fmt: skip
        assert upserted["createdCount"] == 1
        assert upserted["leads"][0]["device"] == devices[0]["name"]
        assert stranger.call("LeadsService", "ListLeads")["leads"] == upserted["leads"]
        suppressed = stranger.call("LeadsService", "SuppressLead", name=upserted["leads"][0]["name"])
        assert suppressed["suppressed"]
        assert stranger.call("MessagesService", "ListMessages", lead=suppressed["name"]) == {}
        with pytest.raises(grpc.RpcError) as caught:
            stranger.call("MessagesService", "GetMessage", name="messages/1")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_stranger_walks_through(database: Database, consul_address: str) -> None:
    import asyncio

    async with running(database, consul_address) as gateway:
        key = await gateway.key("acme")
        await asyncio.to_thread(walk, gateway.address, key)
