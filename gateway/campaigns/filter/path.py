"""From a tree to a jsonpath. Values stay apart, as the path's variables, but for the patterns of `:`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.campaigns.filter.fields import ATTRIBUTE, Value
from gateway.campaigns.filter.syntax import And, Node, Not, Or, Restriction

_PLACES = {"trigger": "$.trigger", "device": "$.device", "create_time": "$.created"}
_EQUAL = {"=": "==", "!=": "!="}


@dataclass(frozen=True)
class Compiled:
    """A predicate over the document of `lead_matches`, and the values of its variables."""

    path: str
    values: Mapping[str, Value]


def compiled(tree: Node) -> Compiled:
    """Two-valued: each part is true or false of a lead, so NOT is exactly the others."""
    values: dict[str, Value] = {}
    return Compiled(_of(tree, values), values)


def _of(node: Node, values: dict[str, Value]) -> str:
    if isinstance(node, And):
        return "(" + " && ".join(_of(part, values) for part in node.parts) + ")"
    if isinstance(node, Or):
        return "(" + " || ".join(_of(part, values) for part in node.parts) + ")"
    if isinstance(node, Not):
        return f"!({_of(node.part, values)})"
    return _restriction(node, values)


def _restriction(node: Restriction, values: dict[str, Value]) -> str:
    place = _PLACES.get(node.field) or f'$.attributes."{node.field.removeprefix(ATTRIBUTE)}"'
    if node.value is None:
        return f"(exists ({place}))"
    if node.comparator == ":":
        # The one value that cannot be a variable. JSON's escapes are jsonpath's.
        return f'({place} like_regex {json.dumps(_pattern(str(node.value)))} flag "i")'
    variable = f"$v{len(values)}"
    values[variable.removeprefix("$")] = node.value
    if node.comparator in _EQUAL:
        return _equal(place, node, variable)
    if node.field.startswith(ATTRIBUTE) and isinstance(node.value, float):
        compared = f"{place}.double() {node.comparator} {variable}"
        # Unknown, of a text that is no number, becomes false.
        return f"(({compared}) && !(({compared}) is unknown))"
    return f"({place} {node.comparator} {variable})"


def _equal(place: str, node: Restriction, variable: str) -> str:
    """A path that leads nowhere equals nothing and differs from nothing; here it stands for an empty text."""
    if node.value == "":
        differs = f"{place} != {variable}"
        return f"!({differs})" if node.comparator == "=" else f"({differs})"
    equals = f"{place} == {variable}"
    return f"({equals})" if node.comparator == "=" else f"!({equals})"


def _pattern(text: str) -> str:
    """The text in any case: a database of the locale C folds no letter beyond ASCII by itself."""
    return "".join(map(_character, text))


def _character(each: str) -> str:
    if each.isascii():
        return each if each.isalnum() or each.isspace() else "\\" + each
    cases = sorted({case for case in (each, each.lower(), each.upper()) if len(case) == 1})
    return f"[{''.join(cases)}]" if len(cases) > 1 else each
