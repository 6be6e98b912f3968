"""Every field of every request has a bound, and every method a size."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.auth.scopes import REQUIRED
from gateway.limits.places import HEAVY
from gateway.limits.sizes import SIZES
from kompang.v1 import sequences_pb2
from services.runtime.bounds import Bound, is_map
from tests.unit.gateway.test_auth import FILES

METHODS = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
TEXTS = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}


def fields(
    message: Descriptor, path: str, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, FieldDescriptor]]:
    """Those of a message, nested too, without the pairs of maps, whose bounds stand at the map."""
    if message.full_name in seen:
        return
    for field in message.fields:
        yield f"{path}.{field.name}", field
        if field.message_type is not None and not is_map(field):
            yield from fields(field.message_type, f"{path}.{field.name}", seen | {message.full_name})


def unbounded(field: FieldDescriptor) -> list[str]:
    bound = Bound.of(field)
    wrong = ["items"] if field.is_repeated and bound.items is None else []
    kind = field
    if is_map(field) and field.message_type is not None:
        pair = field.message_type.fields_by_name
        kind = pair["value"]
        if pair["key"].type in TEXTS and bound.key_characters is None:
            wrong.append("keys")
    if kind.type in TEXTS and bound.characters is None and bound.octets is None:
        wrong.append("length")
    return wrong


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_field_of_a_request_has_a_bound(method) -> None:
    found = {path: unbounded(field) for path, field in fields(method.input_type, method.input_type.name)}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_a_field_without_a_bound_would_be_found() -> None:
    response: Any = sequences_pb2.PreviewStepResponse.DESCRIPTOR
    assert unbounded(response.fields_by_name["samples"]) == ["items", "length"]


def test_sizes_and_heavy_methods_are_of_methods_that_are_there() -> None:
    names = {name.rpartition("/")[2] for name in REQUIRED}
    assert names >= HEAVY
    assert set(SIZES.by_method) <= names
    assert set(SIZES.by_method) - {"ImportLeads", "ImportSuppressions"} <= HEAVY
    assert SIZES.of("/kompang.v1.LeadsService/GetLead") == 64 * 1024
    assert SIZES.largest == 4 * 1024 * 1024
