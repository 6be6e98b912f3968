"""How much each field of a request may hold, by the rules of its proto: `max_items`, `max_len` and so on.

Asked before all other rules, which walk every element: a request of three million steps would keep them busy
for minutes. Here a list that is too long is not walked at all, so that the cost is linear in what is allowed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from buf.validate import validate_pb2
from services.runtime.errors import Violation

# Other people's messages, whose protos have no rules.
_FOREIGN = MappingProxyType({"google.protobuf.FieldMask.paths": (100, 200)})


@dataclass(frozen=True)
class Bound:
    """Of one field; None where a rule says nothing, or there is nothing to say."""

    items: int | None
    characters: int | None
    octets: int | None
    key_characters: int | None

    @classmethod
    def of(cls, field: FieldDescriptor) -> "Bound":
        """As the proto says."""
        if field.full_name in _FOREIGN:
            return cls(*_FOREIGN[field.full_name], None, None)
        options: Any = field.GetOptions()
        rules = options.Extensions[validate_pb2.field]
        items = rules.repeated.max_items or rules.map.max_pairs or None
        of_value = rules.map.values if is_map(field) else rules.repeated.items if field.is_repeated else rules
        text = of_value.string
        return cls(
            items=items,
            characters=text.max_len or text.len or None,
            octets=text.max_bytes or of_value.bytes.max_len or of_value.bytes.len or None,
            key_characters=rules.map.keys.string.max_len or None,
        )


@dataclass(frozen=True)
class _Field:
    name: str
    descriptor: FieldDescriptor
    bound: Bound
    is_map: bool
    has_messages: bool


def oversized(message: Message, prefix: str = "") -> Iterator[Violation]:
    """One violation for each field of a message, however deep, that holds more than its proto allows."""
    known = _fields(message.DESCRIPTOR)
    for descriptor, value in message.ListFields():
        field = known[descriptor.number]
        path = prefix + field.name
        if not descriptor.is_repeated:
            yield from _one(field, path, value)
        elif field.bound.items is not None and len(value) > field.bound.items:
            yield Violation(path, f"has {len(value)} entries; send at most {field.bound.items} at a time")
        elif field.is_map:
            yield from _pairs(field, path, value)
        else:
            for index, element in enumerate(value):
                yield from _one(field, f"{path}[{index}]", element)


def _one(field: _Field, path: str, value: Any) -> Iterator[Violation]:
    if field.has_messages:
        yield from oversized(value, f"{path}.")
    elif (most := field.bound.characters) is not None and len(value) > most:
        yield Violation(path, f"is {len(value)} characters long; shorten it to {most}")
    elif (octets := field.bound.octets) is not None and _octets(value) > octets:
        yield Violation(path, f"is {_octets(value)} bytes long; send at most {octets}")


def _pairs(field: _Field, path: str, value: Mapping[Any, Any]) -> Iterator[Violation]:
    most = field.bound.key_characters
    for key in value:
        if most is not None and len(key) > most:
            text = f"its key is {len(key)} characters long; shorten it to {most}"
            yield Violation(f"{path}[{key[:most]}…]", text)
        yield from _one(field, f"{path}[{key}]", value[key])


def _octets(value: str | bytes) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


# The descriptors of the protos: a caller adds none.
@lru_cache(maxsize=1024)
def _fields(descriptor: Descriptor) -> Mapping[int, _Field]:
    return {each.number: _field(each) for each in descriptor.fields}


def _field(descriptor: FieldDescriptor) -> _Field:
    mapped = is_map(descriptor)
    kind = descriptor.message_type
    if mapped and kind is not None:
        kind = kind.fields_by_name["value"].message_type
    return _Field(descriptor.name, descriptor, Bound.of(descriptor), mapped, has_messages=kind is not None)


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map, which is a list of pairs on the wire."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)
