"""A header as the key of an attribute."""

import re
import unicodedata

_MAX_KEY = 40


def attribute_key(header: str) -> str:
    """A header as the key of an attribute, `Kod Pos` as `kod_pos`; empty when nothing of it can stay."""
    header = re.sub(r"^attr(ibutes?)?[._]", "", header.strip(), flags=re.IGNORECASE)
    latin = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().casefold()
    if 2 * sum(map(str.isalnum, latin)) < sum(map(str.isalnum, header)):
        return ""
    key = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    return (key if key[:1].isalpha() else f"c_{key}" if key else "")[:_MAX_KEY].rstrip("_")


def unique_attribute(header: str, index: int, used: set[str]) -> str:
    """`attr.` and a key made of the header that no other column has."""
    key = attribute_key(header) or f"column_{index + 1}"
    field, number = f"attr.{key}", 1
    while field in used:
        number += 1
        field = f"attr.{key[: _MAX_KEY - 4]}_{number}"
    used.add(field)
    return field
