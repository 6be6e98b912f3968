"""Attacks an account from another one: each method, with each resource name it takes, by a stranger's key."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import grpc
from google.api import resource_pb2
from google.protobuf import json_format, message_factory

from buf.validate import validate_pb2
from tests.attacks.fuzz import METHODS, prepare
from tests.integration.gateway.mesh import Client, running, unpacked

_PATTERN = re.compile(r"\^([a-z]+)s/")
NOT_FOUND = grpc.StatusCode.NOT_FOUND
# What `prepare` makes for the account that is attacked, and an import that is put there.
NAMES = {
    "Account": "accounts/acme",
    "Campaign": "campaigns/1",
    "Device": "devices/1",
    "Import": "imports/1",
    "Lead": "leads/1",
    "Message": "messages/1",
    "Sequence": "sequences/cold",
    "Step": "sequences/cold/steps/1",
}
# What else a request needs to be one.
REST: dict[str, dict[str, Any]] = {
    "BatchCreateDevices": {"devices": [{"phone": "+60111111111"}]},
    "BatchUpsertLeads": {"leads": [{"phone": "+60122222222"}]},
    "CloneCampaign": {"name": "campaigns/1"},
    "CreateCampaign": {"campaign": {"text": "Hi {name}"}},
    "CreateSequence": {"sequenceId": "new", "sequence": {"steps": [{"text": "Hi {name}", "offset": "0s"}]}},
    "ImportLeads": {"start": {"requestId": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}},
    "ImportSuppressions": {"start": {"requestId": "4bf92f35-77b3-4da6-a3ce-929d0e0e4737"}},
    "PreviewStep": {"step": "sequences/cold/steps/1", "lead": "leads/1"},
    "ResolveMessage": {"name": "messages/1", "resolution": "RESOLUTION_SENT"},
    "UpdateAccount": {"account": {"name": "accounts/acme"}, "updateMask": "displayName"},
    "UpdateCampaign": {"campaign": {"name": "campaigns/1", "text": "Hi"}, "updateMask": "text"},
    "UpdateDevice": {"device": {"name": "devices/1"}, "updateMask": "displayName"},
    "UpdateSequence": {"sequence": {"name": "sequences/cold", "trigger": "COLD"}, "updateMask": "trigger"},
}
IMPORT = (
    "INSERT INTO import (account_id, request_id, options_hash, size)"
    " SELECT id, gen_random_uuid(), '', 1 FROM account WHERE slug = 'acme'"
)
MESSAGES = (
    "INSERT INTO message (account_id, lead_id, device_id, step_id, scheduled_at, state)"
    " SELECT l.account_id, l.id, l.device_id, (SELECT min(id) FROM sequence_step), now(), 'unknown'"
    " FROM lead l WHERE l.id = 1"
)


def references(kind: Any, depth: int = 3) -> Iterator[tuple[tuple[str, ...], str]]:
    """The fields of a request that name a resource, as paths, with the type of what they name."""
    for field in kind.fields:
        if field.GetOptions().HasExtension(resource_pb2.resource_reference):
            named = field.GetOptions().Extensions[resource_pb2.resource_reference].type
            yield (field.name,), named.rpartition("/")[2]
        elif field.name == "name" and depth == 3 and (found := _PATTERN.match(_rules(field).string.pattern)):
            yield (field.name,), found[1].capitalize()
        elif field.name == "name" and kind.GetOptions().HasExtension(resource_pb2.resource):
            yield (field.name,), kind.GetOptions().Extensions[resource_pb2.resource].type.rpartition("/")[2]
        elif field.message_type and depth and field.message_type.full_name.startswith("kompang."):
            for path, named in references(field.message_type, depth - 1):
                yield (field.name, *path), named


def _rules(field: Any) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


# What is made has no name yet, and one that is given is not read.
ENDS = ("Delete", "Erase")
MAKES = ("Create", "BatchCreate", "BatchUpsert")
CASES = [
    (method, path, named)
    for method in METHODS
    for path, named in references(method.input_type)
    if not (method.name.startswith(MAKES) and path[-1] == "name")
]


def request(method: Any, path: tuple[str, ...], name: str) -> Any:
    """A request that is one, with the name at this path."""
    made = message_factory.GetMessageClass(method.input_type)()
    json_format.ParseDict(copy.deepcopy(REST.get(method.name, {})), made)
    place = made
    for each in path[:-1]:
        place = getattr(place, each)
        if not hasattr(place, "DESCRIPTOR"):
            place = place[0] if len(place) else place.add()
    last = path[-1]
    if isinstance(getattr(place, last), str):
        setattr(place, last, name)
    else:
        del getattr(place, last)[:]
        getattr(place, last).append(name)
    return made


async def answer(client: Client, method: Any, content: Any) -> grpc.StatusCode:
    """The code of one call; of a stream that goes on, that of its first answer."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    raw = content.SerializeToString()
    try:
        if not method.server_streaming:
            await client.channel.unary_unary(path)(raw, metadata=client.metadata, timeout=20)
            return grpc.StatusCode.OK
        if method.client_streaming:
            call = client.channel.stream_stream(path)(iter([raw]), metadata=client.metadata, timeout=20)
        else:
            call = client.channel.unary_stream(path)(raw, metadata=client.metadata, timeout=20)
        async for _ in call:
            if not method.client_streaming:
                call.cancel()
                break
        return grpc.StatusCode.OK
    except grpc.aio.AioRpcError as error:
        return unpacked(error).code


async def test_no_method_shows_or_changes_what_is_another_accounts(database, consul_address):
    async with running(database, consul_address) as gateway, database.connection() as connection:
        acme, stranger = await gateway.client("acme"), await gateway.client("stranger")
        await prepare(acme)
        await connection.execute(IMPORT)
        await connection.execute(MESSAGES)
        before = await everything(connection)
        wrong = []
        for method, path, named in CASES:
            code = await answer(stranger, method, request(method, path, NAMES[named]))
            if code is not NOT_FOUND:
                wrong.append(f"{method.name} {'.'.join(path)} = {NAMES[named]}: {code.name}")
        assert not wrong, "\n".join(wrong)
        assert await everything(connection) == before
        # The owner is not told so: each of these requests names what is there, and is one.
        for method, path, named in sorted(CASES, key=lambda case: case[0].name.startswith(ENDS)):
            code = await answer(acme, method, request(method, path, NAMES[named]))
            # An import without a file is none.
            is_none = code is grpc.StatusCode.INVALID_ARGUMENT and not method.client_streaming
            if code is NOT_FOUND or is_none:
                wrong.append(f"{method.name} {'.'.join(path)} by its owner: {code.name}")
        assert not wrong, "\n".join(wrong)
        assert len(CASES) > 40


async def everything(connection) -> dict[str, int]:
    """A hash of every row of the account that is attacked."""
    tables = await connection.fetch(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " WHERE table_schema = 'kompang' AND column_name = 'account_id'"
    )
    return {
        name: await connection.fetchval(
            f"SELECT sum(hashtext(t::text)) FROM {name} t WHERE account_id ="  # noqa: S608
            " (SELECT id FROM account WHERE slug = 'acme')"
        )
        for (name,) in tables
        if "_2" not in name
    }
