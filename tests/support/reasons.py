"""The reasons that the comments of the public protos name, by method: `kompang.v1.LeadsService/GetLead`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PUBLIC = Path(__file__).parents[2] / "protos" / "kompang" / "v1"

_NAMED = re.compile(r"Reasons(?: of every method)?(?: \([^)]*\))?: ([A-Z_, ]+)\.")


@cache
def by_method() -> Mapping[str, frozenset[str]]:
    """Those of the method's own comment and those of its service."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted(PUBLIC.glob("*.proto")):
        found |= _of_file(path.read_text())
    return found


def documented(method: str) -> frozenset[str]:
    """The reasons that this method may return."""
    return by_method()[method.removeprefix("/")]


def _of_file(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    comment: list[str] = []
    service, of_service = "", frozenset[str]()
    for line in map(str.strip, text.splitlines()):
        if line.startswith("//"):
            comment.append(line.removeprefix("//").strip())
            continue
        named = frozenset(
            word for part in _NAMED.findall(" ".join(comment)) for word in part.split(", ") if word
        )
        if declared := re.match(r"service (\w+)", line):
            service, of_service = declared[1], named
        elif declared := re.match(r"rpc (\w+)", line):
            found[f"kompang.v1.{service}/{declared[1]}"] = of_service | named
        comment = []
    return found
