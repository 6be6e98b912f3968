"""What is wrong with a request, whatever the state of the system: all violations at once.

The protos' own rules come first, then what only code can say (a phone number, a variable in a text); of two
complaints about one field the first is kept. Both walk all of a request, so one that is larger than it may be
is told so, and nothing more.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from gateway.tokens import MAX_CHARACTERS, REMEDIES
from services.runtime.errors import Violation
from services.runtime.time_values import impossible_times
from services.runtime.validation import rules, sizes

# The patterns of kompang.v1 in words; a test proves that none is forgotten.
FORMS: Mapping[str, str] = {
    "^campaigns/[1-9][0-9]{0,8}$": (
        "is not the name of a campaign; use one as ListCampaigns gives it: campaigns/12"
    ),
    "^(campaigns/[1-9][0-9]{0,8})?$": (
        "is not the name of a campaign; use one as ListCampaigns gives it, campaigns/12, or leave it empty"
    ),
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$": (
        "is not a local time; write day and time, without an offset: 2026-12-01T09:00:00"
    ),
    "^[0-9]*$": "is not a resume_token; send the last one that came, or leave it empty",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "is not a day; write it like 2026-12-24",
    "^devices/[1-9][0-9]{0,17}$": "is not the name of a device; use one as ListDevices gives it: devices/12",
    "^(devices/[1-9][0-9]{0,17})?$": (
        "is not the name of a device; use one as ListDevices gives it, devices/12, or leave it empty"
    ),
    "^leads/[1-9][0-9]{0,17}$": "is not the name of a lead; use one as ListLeads gives it: leads/12",
    "^(leads/[1-9][0-9]{0,17})?$": (
        "is not the name of a lead; use one as ListLeads gives it, leads/12, or leave it empty"
    ),
    "^messages/[1-9][0-9]{0,17}$": (
        "is not the name of a message; use one as ListMessages gives it: messages/12"
    ),
    "^sequences/[a-z0-9-]{1,63}$": (
        "is not the name of a sequence; use one as ListSequences gives it: sequences/cold"
    ),
    "^(sequences/[a-z0-9-]{1,63})?$": (
        "is not the name of a sequence; use one as ListSequences gives it, sequences/cold, or leave it empty"
    ),
    "^([a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$": (
        "is not an id; use up to 63 lower-case letters, digits and hyphens, the first a letter, the last"
        " no hyphen, or leave it empty"
    ),
    "^accounts/(-|[a-z][a-z0-9-]{0,62})$": "is not the name of an account; use accounts/- for your own",
    "^sequences/[a-z0-9-]{1,63}/steps/[1-9][0-9]{0,2}$": (
        "is not the name of a step; use that of its sequence and its place in it: sequences/cold/steps/1"
    ),
    "^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5})?$": (
        "is not a language tag; use one of BCP 47 such as ms, en or zh-Hant, or leave it empty"
    ),
    "^imports/[1-9][0-9]{0,17}$": "is not the name of an import; use one as ImportLeads gives it: imports/12",
    "^([A-Z]{2})?$": "is not a country; use its two capital letters, such as MY, or leave it empty",
    "^([a-z_]+|attr\\.[a-z][a-z0-9_]{0,39})$": "is no field; use one such as phone or name, or attr.KEY",
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": "is not a time of the day; use hours and minutes: 09:00, 21:30",
    "^[A-Za-z0-9_.-]*$": "is not a trigger; use only letters, digits, `_`, `.` and `-`",
    "^[a-z][a-z0-9_]{0,39}$": (
        "is not a name; use up to 40 lower-case letters, digits and underscores, the first a letter"
    ),
}


def check_name(field: str, name: str, pattern: str) -> Iterator[Violation]:
    """For a name that an update must have, which the proto cannot say: a create leaves it empty."""
    if not re.fullmatch(pattern, name):
        yield Violation(field, FORMS[pattern])


More = Callable[[Any], Sequence[Violation]]


class Check:
    """Callable as the server's `check`; `more` has the rules that code knows, by type of request."""

    def __init__(self, more: Mapping[type[Any], More]) -> None:
        self.more = more

    def __call__(self, request: Message) -> Sequence[Violation]:
        """One violation a field; empty when nothing is wrong. Nothing computes with a time that is none."""
        found = [
            *_long_tokens(request),
            *(sizes(request) or list(impossible_times(request)) or self._all(request)),
        ]
        first: dict[str, Violation] = {}
        for violation in found:
            first.setdefault(violation.field, violation)
        return list(first.values())

    def _all(self, request: Message) -> Sequence[Violation]:
        more = self.more.get(type(request))
        return [*rules(request, FORMS), *_nul(request), *(more(request) if more is not None else ())]


def _long_tokens(request: Any) -> Iterator[Violation]:
    """Before the proto's own limit, which says to shorten what nobody wrote."""
    for field, remedy in REMEDIES.items():
        if len(getattr(request, field, "")) > MAX_CHARACTERS:
            yield Violation(field, remedy)


def _nul(request: Message) -> Iterator[Violation]:
    """Postgres keeps every character but this one."""
    if b"\0" not in request.SerializeToString():
        return
    for path in _nul_paths(request, ""):
        yield Violation(path, "contains the character U+0000; remove it")


def _nul_paths(message: Message, prefix: str) -> Iterator[str]:
    for field, value in message.ListFields():
        path = prefix + field.name
        for place, element in _elements(field, value):
            if isinstance(element, str) and "\0" in element:
                yield path + place
            elif isinstance(element, Message):
                yield from _nul_paths(element, f"{path}{place}.")


def _elements(field: FieldDescriptor, value: Any) -> Iterator[tuple[str, Any]]:
    if not field.is_repeated:
        yield "", value
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        for key, element in value.items():
            yield f"[{key}]", key
            yield f"[{key}]", element
    else:
        for index, element in enumerate(value):
            yield f"[{index}]", element
