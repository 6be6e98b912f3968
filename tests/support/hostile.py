"""Requests that no honest caller sends, made from the descriptors of the protos by a seeded random source.

Most fields of a request are what its rules ask for, so that a call comes past its checks; some are hostile.
"""

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor

from buf.validate import validate_pb2

_INTEGERS = (0, 1, -1, 2, 50, 1000, 2**31 - 1, -(2**31), 2**62, 2**63 - 1, -(2**63), 10**12)
_SECONDS = (
    0, 1, 60, 86400, -1, 2**31, 2**33, 2**62, 2**63 - 1, -(2**63), 253402300799, 253402300800,
    -62135596800, -62135596801, 315576000000, 315576000001, -315576000001, 1_790_000_000,
)  # fmt: skip
_NANOS = (0, 0, 0, 1, 999_999_999, 10**9, -1, -999_999_999, 2**31 - 1, -(2**31))
_FLOATS = (0.0, -0.0, 0.5, 1.0, -1.0, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
_ENUMS = (0, 1, 2, 3, 99, -1, 2**31 - 1, -(2**31))
_TEXTS = (
    "", " ", "a", "x\0y", "\0", "\x01\x7f\x85\u2028\ufeff\u202e", "'; DROP TABLE lead; --", "%s%n{0}",
    "{{{{{{{", "{a|b}", "{name}", "{attr.}", "{attr.city|{a|b}}", "}", "\\", "{a||b}",
    "{Hi|Hello} {name|{first_name|x}}", "+60123456789", "+6012345678\uff19", "+999", "+", "60123456789",
    "\u0661\u0662\u0663", "e\u0301" * 20, "\U0001f468\u200d\U0001f469" * 9, "\ufdfa" * 40, "\u200b",
    "\uffff", "\U0010ffff", "*", "-", "null", "true", "-1", "0", "1e999", "9" * 25, "9" * 5000,
    "sequences/cold", "leads/1", "leads/999999999999999999", "leads/0", "campaigns/999999999", "devices/1",
    "messages/1", "accounts/-", "imports/1", "Asia/Kuala_Lumpur", "../../etc", "UTC", "2026-12-01T09:00:00",
    "9999-12-31T23:59:59", "0001-01-01 00:00", "2026-02-30T25:61", "9999-12-31 23:59:59",
    "0000-00-00T00:00:00", "24:00", "23:59", 'attributes.a:"', 'create_time > "0001-01-01T00:00:00+14:00"',
    'create_time > "9999-12-31T23:59:59-12:00"', "(" * 60, "NOT " * 50, "device=devices/9999999999",
    'trigger:"\\ud800"', "attributes.x > 1e400", 'trigger:"a\\u0000"', "a" * 64, "a" * 65, "x" * 5000,
    "attr.x", "phone", "sep=\u00ff", "MY", "ZZ", "ms-MY", "windows-1252", "utf-16", "idna", "rot13", "hex",
)  # fmt: skip
_RANGES = {
    FieldDescriptor.CPPTYPE_BOOL: (0, 1),
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
# What satisfies a pattern of the protos; for another, one of the texts.
_FORMS: Mapping[str, Sequence[str]] = {
    "campaigns/": ("campaigns/1", "campaigns/2", "campaigns/999999999"),
    "devices/": ("devices/1", "devices/2", "devices/999999999999999999"),
    "leads/": ("leads/1", "leads/2", "leads/999999999999999999"),
    "messages/": ("messages/1", "messages/2", "messages/999999999999999999"),
    "imports/": ("imports/1", "imports/999999999999999999"),
    "/steps/": ("sequences/cold/steps/1", "sequences/cold/steps/999"),
    "sequences/": ("sequences/cold", "sequences/hot"),
    "accounts/": ("accounts/-", "accounts/acme"),
    "T ]": ("2026-12-01T09:00:00", "9999-12-31T23:59:59", "0001-01-01 00:00", "2026-02-30T09:00"),
    "2[0-3]": ("09:00", "21:30"),
    "A-Z]{2})": ("MY", "US", "ZZ"),
    "{2,3}(-": ("ms", "zh-Hant"),
    "attr\\.": ("phone", "name", "attr.city", "zzz"),
    "_.-]": ("COLD", "HOT"),
    "a-z0-9_]": ("city", "x"),
    "a-z0-9-": ("cold", "hot", "x-1"),
}
_NAMED: Mapping[str, Sequence[str]] = {
    "phone": ("+60123456789", "+60112345678", "+6591234567"),
    "timezone": ("UTC", "Asia/Kuala_Lumpur", "Mars/Phobos", "localtime", "posixrules"),
    "filter": ("trigger=COLD", 'attributes.city:"a"', 'create_time > "2026-01-01T00:00:00Z"', "device=1"),
    "text": ("{Hi|Hello} {name}", "plain", "{a|{b|c}} {attr.x|y}."),
    "trigger": ("COLD", "HOT"),
}


def _rules(field: Any) -> Any:
    options: Any = field.GetOptions()
    return options.Extensions[validate_pb2.field]


class Hostile:
    """Makes requests from one seed; `tokens` are page tokens that the gateway gave."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tokens: list[str] = []
        # Of a value of the request that is being made.
        self._malice = 0.0

    def message(self, descriptor: Any, depth: int = 0) -> Any:
        """One message of this type."""
        random = self.random
        if depth == 0:
            self._malice = random.choice((0.0, 0.02, 0.1, 0.5))
        made: Any = message_factory.GetMessageClass(descriptor)()
        if descriptor.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
            self._fill_time(made)
            return made
        wanted = [field for field in descriptor.fields if self._is_set(field, depth)]
        for field in random.sample(wanted, len(wanted)):
            self._fill(made, field, depth)
        return made

    def text(self) -> str:
        """A hostile text."""
        text = self.random.choice(_TEXTS)
        return text + self.random.choice(_TEXTS) if self.random.random() < 0.1 else text

    def garbled(self, content: bytes) -> bytes:
        """Bytes of a message, with some of them changed, cut out or put in."""
        random, garbled = self.random, bytearray(content)
        for _ in range(random.randint(1, 4)):
            at = random.randint(0, len(garbled))
            match random.randrange(4):
                case 0 if garbled:
                    garbled[at % len(garbled)] = random.randrange(256)
                case 1:
                    del garbled[at : at + random.randint(1, 9)]
                case 2:
                    garbled[at:at] = random.randbytes(random.randint(1, 9))
                case _:
                    garbled += b"\x0b" * random.choice((1, 100, 5000))
        return bytes(garbled)

    def _is_hostile(self) -> bool:
        return self.random.random() < self._malice

    def _fill_time(self, made: Any) -> None:
        random = self.random
        if self._is_hostile():
            made.seconds, made.nanos = random.choice(_SECONDS), random.choice(_NANOS)
        elif made.DESCRIPTOR.name == "Duration":
            made.seconds = random.choice((1, 5, 20, 3600))
        else:
            made.seconds = random.choice((1_700_000_000, 1_790_000_000, int(time.time()) + 3600))

    def _is_set(self, field: Any, depth: int) -> bool:
        if _rules(field).required or field.name in ("name", "update_mask"):
            return self.random.random() < 0.95
        return self.random.random() < (0.5 if depth < 3 else 0.2)

    def _fill(self, made: Any, field: Any, depth: int) -> None:
        random = self.random
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            for _ in range(random.choice((0, 1, 2, 60)) if self._is_hostile() else 2):
                getattr(made, field.name)[self._scalar(key)] = self._scalar(value)
        elif field.is_repeated:
            for _ in range(random.choice((0, 2, 3, 20)) if self._is_hostile() else 1):
                if field.message_type is None:
                    getattr(made, field.name).append(self._scalar(field))
                else:
                    getattr(made, field.name).add().CopyFrom(self.message(field.message_type, depth + 1))
        elif field.message_type is None:
            setattr(made, field.name, self._scalar(field))
        elif depth < 6:
            getattr(made, field.name).CopyFrom(self._submessage(field, depth))

    def _submessage(self, field: Any, depth: int) -> Any:
        made = self.message(field.message_type, depth + 1)
        if field.message_type.full_name == "google.protobuf.FieldMask":
            del made.paths[:]
            [resource] = [
                each.message_type
                for each in field.containing_type.fields
                if each.message_type is not None and each is not field
            ][:1] or [field.containing_type]
            names = [each.name for each in resource.fields]
            made.paths.extend(self.random.sample(names, self.random.randint(0, len(names))))
        return made

    def _scalar(self, field: Any) -> Any:
        random = self.random
        if field.type == FieldDescriptor.TYPE_BYTES:
            return random.choice((b"", b"\0", b"\xff" * 32, random.randbytes(32), b"x" * 5000))
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._string(field)
        if field.enum_type is not None:
            known = [each.number for each in field.enum_type.values]
            return random.choice(_ENUMS if self._is_hostile() else known)
        if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
            return random.choice(_FLOATS) if self._is_hostile() else 0.25
        least, most = (
            _RANGES[field.cpp_type] if self._is_hostile() else (0, 1 if random.random() < 0.7 else 50)
        )
        return random.choice([each for each in _INTEGERS if least <= each <= most])

    def _string(self, field: Any) -> str:
        random = self.random
        if field.name in ("page_token", "resume_token"):
            return self._token()
        if self._is_hostile():
            return self.text()
        rules = _rules(field).string
        if rules.uuid or field.name == "request_id":
            return str(uuid.UUID(int=random.getrandbits(128), version=4))
        if field.name in _NAMED:
            return random.choice(_NAMED[field.name])
        for form, samples in _FORMS.items():
            if form in rules.pattern:
                return random.choice(samples)
        return random.choice(("some words", "x", "+60123456789"))

    def _token(self) -> str:
        """None, one that the gateway gave, or one with something changed."""
        random = self.random
        if not self.tokens or random.random() < 0.3:
            return random.choice(("", "", self.text(), "AAAA", "_" * 40, "é", "A" * 20000))
        token = random.choice(self.tokens)
        if random.random() < 0.5:
            at = random.randrange(len(token))
            token = token[:at] + random.choice("Aa0_-=é") + token[at + 1 :]
        return token
