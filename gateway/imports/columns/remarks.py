"""What the sender of a file is told of its columns, in sentences."""

from collections.abc import Sequence

from gateway.imports.columns import phone_column

_SHOWN = 20
_NAMES = frozenset({"name", "first_name", "middle_name", "last_name"})


def without_names(headers: Sequence[str], fields: Sequence[str]) -> str:
    """A warning where other columns are there, but none of a name; else empty."""
    others = [index for index, field in enumerate(fields) if field.startswith("attr.")]
    # A bare list of numbers can have no names.
    if _NAMES & set(fields) or not others:
        return ""
    named = [headers[index] for index in others] if headers else [str(at + 1) for at in others]
    return (
        "no column is known to be the name: everybody new in this list is called by the account's fallback"
        f" name; say which one it is, such as --map {_shown(named[0])}=name. The other columns are"
        f" {', '.join(map(_shown, named[:_SHOWN]))}"
    )


def _shown(header: str) -> str:
    return header[:40] or "(empty)"


def no_phone(first: Sequence[str], headers: Sequence[str], sample: Sequence[Sequence[str]]) -> str:
    """Why no column can be the number, and the remedy."""
    if not headers:
        rows = [first, *sample]
        likely = [str(index + 1) for index in range(len(first)) if phone_column.has_phones(rows, index)]
        which = f", such as phone={likely[0]} for what looks like it" if len(likely) == 1 else ""
        return (
            "the file has no header: its first line is a row already. Say which column is what by"
            f" number{which}, or add a header"
        )
    return (
        "no column is known to be the phone number; rename it to `phone`, or say which it is;"
        f" {found_columns(first, headers)}"
    )


def found_columns(first: Sequence[str], headers: Sequence[str]) -> str:
    """The titles that there are."""
    if not headers:
        return f"the file has {len(first)} columns and no header"
    more = f" and {len(headers) - _SHOWN} more" if len(headers) > _SHOWN else ""
    return "found: " + ", ".join(header[:40] or "(empty)" for header in headers[:_SHOWN]) + more
