"""A header as the key of an attribute."""

import re

from gateway.imports.columns.plain_letters import plain

_MAX_KEY = 40
# Of a title of a column: what comes later is in no key.
_LONGEST = 200


def attribute_key(header: str) -> str:
    """A header as the key of an attribute, `Kod Pos` as `kod_pos`; empty when nothing of it can stay."""
    header = re.sub(r"^attr(ibutes?)?[._]", "", header.strip()[:_LONGEST], flags=re.IGNORECASE)
    latin = plain(header).encode("ascii", "ignore").decode()
    if 2 * sum(map(str.isalnum, latin)) < sum(map(str.isalnum, header)):
        return ""
    key = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    return (key if key[:1].isalpha() else f"c_{key}" if key else "")[:_MAX_KEY].rstrip("_")


def unique_attribute(header: str, index: int, used: dict[str, int]) -> str:
    """`attr.` and a key made of the header that no other column has.

    `used`: the fields that are taken, each with the number that was last put behind it.
    """
    key = attribute_key(header) or f"column_{index + 1}"
    first = field = f"attr.{key}"
    while field in used:
        used[first] += 1
        field = f"attr.{key[: _MAX_KEY - 4]}_{used[first]}"
    used[field] = 1
    return field
