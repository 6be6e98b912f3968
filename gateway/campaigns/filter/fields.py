"""The fields that a filter may name, and the values that each may be compared with."""

import re
from datetime import datetime
from typing import TypeAlias

from gateway.campaigns.filter.words import FilterError, Kind, Word

Value: TypeAlias = str | float

ATTRIBUTE = "attributes."

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DEVICE = re.compile(r"(?:devices/)?([1-9][0-9]{0,9})")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_ORDER = frozenset({"<", "<=", ">", ">="})


def field(word: Word) -> str:
    """The name of a field. Raises `FilterError` for one that a lead has not."""
    name = word.text
    if name in ("trigger", "device", "create_time"):
        return name
    if name.startswith(ATTRIBUTE) and _KEY.fullmatch(name.removeprefix(ATTRIBUTE)):
        return name
    known = "trigger, device, create_time and attributes.KEY, with KEY as in {attr.KEY}"
    raise FilterError(f"'{name}' is no field of a lead; there are {known}", word.column)


def value(name: str, comparator: Word, word: Word) -> Value:
    """A text, or a number where it is compared as one. Raises `FilterError` for what does not go together."""
    if name == "device":
        return _device(comparator, word)
    if name == "create_time":
        return _moment(comparator, word)
    if comparator.text == ":" and not word.text:
        raise FilterError("every text contains an empty one; name a part of it, or use =", word.column)
    is_number = word.kind is Kind.NAME and _NUMBER.fullmatch(word.text)
    if name.startswith(ATTRIBUTE) and comparator.text in _ORDER and is_number:
        return float(word.text)
    return word.text


def _device(comparator: Word, word: Word) -> float:
    if comparator.text not in ("=", "!="):
        raise FilterError("a device is compared by = or != only", comparator.column)
    found = _DEVICE.fullmatch(word.text)
    if found is None:
        raise FilterError(f"'{word.text}' is no device; use a name such as devices/12", word.column)
    return float(found[1])


def _moment(comparator: Word, word: Word) -> float:
    """A time in seconds since 1970."""
    if comparator.text == ":":
        raise FilterError("create_time is compared by =, !=, <, <=, > and >= only", comparator.column)
    remedy = 'write it in quotes with its offset, as in create_time > "2026-12-01T09:00:00+08:00"'
    try:
        at = datetime.fromisoformat(word.text)
    except ValueError:
        raise FilterError(f"'{word.text}' is no time; {remedy}", word.column) from None
    if at.tzinfo is None:
        raise FilterError(f"'{word.text}' does not say in which zone; {remedy}", word.column)
    return round(at.timestamp(), 6)
