"""What is kept of a response, for a repeat of its request: everything but the person.

A lead is kept as its name, and a message without the hash of its text. So no erasure has to look for a person
in the stored responses; a repeat reads again what was left out, as it is then.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from kompang.v1 import leads_pb2, messages_pb2

_OF_A_MESSAGE = frozenset(messages_pb2.Message.DESCRIPTOR.fields_by_name) - {"text_hash"}
_KEPT: Mapping[str, frozenset[str]] = {
    leads_pb2.Lead.DESCRIPTOR.full_name: frozenset({"name"}),
    messages_pb2.Message.DESCRIPTOR.full_name: _OF_A_MESSAGE,
}
"""The fields that are kept, of the kinds of which not all are."""


def without_people(response: Message) -> Message:
    """A copy of a response in which nobody is."""
    kept = type(response)()
    kept.CopyFrom(response)
    _bare(kept)
    return kept


def _bare(message: Message) -> None:
    named = _KEPT.get(message.DESCRIPTOR.full_name)
    for field, value in message.ListFields():
        if named is not None and field.name not in named:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for one in _messages(value):
                _bare(one)


def _messages(value: Any) -> list[Message]:
    """The messages in the value of a field: one, those of a list, those of a map."""
    if isinstance(value, Message):
        return [value]
    return [
        one for one in (value.values() if hasattr(value, "values") else value) if isinstance(one, Message)
    ]
