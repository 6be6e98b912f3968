"""What is kept of a response, for a repeat of its request: everything but the person.

A lead is kept as its name, and a message without the hash of its text. So no erasure has to look for a person in
the stored responses; a repeat reads again what was left out, as it is then.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from kompang.v1 import leads_pb2, messages_pb2

_KEPT: Mapping[Descriptor, frozenset[str]] = {
    leads_pb2.Lead.DESCRIPTOR: frozenset({"name"}),
    messages_pb2.Message.DESCRIPTOR: frozenset(messages_pb2.Message.DESCRIPTOR.fields_by_name)
    - {"text_hash"},
}


def without_people(response: Message) -> Message:
    """A copy of a response in which nobody is."""
    kept = type(response)()
    kept.CopyFrom(response)
    _bare(kept)
    return kept


def _bare(message: Message) -> None:
    named = _KEPT.get(message.DESCRIPTOR)
    for field, value in message.ListFields():
        if named is not None and field.name not in named:
            message.ClearField(field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for one in _messages(field, value):
                _bare(one)


def _messages(field: FieldDescriptor, value: Any) -> list[Message]:
    if field.message_type.GetOptions().map_entry:
        return [one for one in value.values() if isinstance(one, Message)]
    return list(value) if field.label == FieldDescriptor.LABEL_REPEATED else [value]
