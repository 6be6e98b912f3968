"""A request against the rules of its proto: one violation for each broken rule, in words.

A violation says what is wrong with the value, and the remedy. The value itself is never repeated: it may be a
phone number, and texts of errors reach spans and logs.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

import protovalidate
from google.protobuf import message

from services.runtime.bounds import oversized
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.time_values import impossible_times

_MOST_SIZES = 20
_SMALL_BYTES = 4096


def validate(request: message.Message) -> None:
    """Raises `InvalidArgument` with one violation for each rule of the proto that the request breaks."""
    found = violations(request)
    if found:
        raise InvalidArgument(found)


def violations(
    request: message.Message, forms: Mapping[str, str] = MappingProxyType({})
) -> Sequence[Violation]:
    """One violation for each rule of the proto that the request breaks; of one that is too large, only where.

    `forms` says in words what a pattern asks for: regular expression -> description with the remedy.
    """
    return sizes(request) or rules(request, forms)


def sizes(request: message.Message) -> Sequence[Violation]:
    """The first fields of a request that hold more than they may: nothing else is to look at such a request.

    Of a small one none are told here: whatever is in it, all its rules are quickly asked.
    """
    if request.ByteSize() <= _SMALL_BYTES:
        return ()
    return list(islice(oversized(request), _MOST_SIZES))


def rules(request: message.Message, forms: Mapping[str, str] = MappingProxyType({})) -> Sequence[Violation]:
    """One violation for each broken rule of a request whose sizes hold."""
    # The rules cannot be asked about such a time: they fail on it.
    return list(impossible_times(request)) or [
        Violation(_path(broken), _description(broken, forms))
        for broken in protovalidate.collect_violations(request)
    ]


def _path(violation: Any) -> str:
    """`leads[3].phone`, as a client would write it."""
    text = ""
    for element in violation.proto.field.elements:
        text += ("." if text else "") + element.field_name
        subscript = element.subscript
        if subscript is not None:
            text += f"[{subscript.value}]"
    return text


def _description(violation: Any, forms: Mapping[str, str]) -> str:
    """One sentence for a violation of protovalidate; its own words for a rule not known here."""
    rule, limit, value = violation.proto.rule_id, violation.rule_value, violation.field_value
    match rule:
        case "required":
            text = "is missing; set it"
        case "string.min_len":
            text = "is empty; set it"
        case "string.max_len":
            text = f"is {len(value)} characters long; shorten it to {limit}"
        case "string.uuid":
            text = "is not a UUID; send one such as 123e4567-e89b-42d3-a456-426614174000, or leave it empty"
        case "string.pattern":
            text = forms.get(limit) or f"does not have the form {limit}; change it to match"
        case "repeated.min_items":
            text = "is empty; give at least one"
        case "repeated.max_items" | "map.max_pairs":
            text = f"has {len(value)} entries; send at most {limit} at a time"
        case "enum.not_in" | "enum.defined_only":
            text = "is not a value of the enum that may be asked for; name another, or none"
        case _:
            text = f"{violation.proto.message}; change it"
    return f"its key {text}" if violation.proto.for_key else text
