"""What a broken rule of a proto says to the caller: what is wrong with the value, and the remedy.

The value itself is never repeated: it may be a phone number, and texts of errors reach spans and logs.
"""

from collections.abc import Mapping
from typing import Any


def description(violation: Any, forms: Mapping[str, str]) -> str:
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
