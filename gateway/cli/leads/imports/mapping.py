"""`--map`: which column of a file is what, as people write it."""

from collections.abc import Sequence

import typer

from gateway.imports.fields import IGNORE, is_field
from kompang.v1 import imports_pb2 as pb


def columns(values: Sequence[str]) -> list[pb.ImportColumn]:
    """Of `COLUMN=FIELD`, or `FIELD=COLUMN`: what is a field is known. Raises `typer.BadParameter`."""
    return [_column(value) for value in values]


def _column(value: str) -> pb.ImportColumn:
    # A title may have an equals sign in it, a field has none.
    before, equals, after = (
        value.rpartition("=") if is_field(value.rpartition("=")[2]) else value.partition("=")
    )
    if not (equals and before and after):
        raise typer.BadParameter(
            "must be COLUMN=FIELD, such as 'Opt-in=consent', or FIELD=COLUMN, such as phone=Contact"
        )
    if not is_field(after):
        return pb.ImportColumn(field=before, column=after)
    if is_field(before) and before != after and not _is_no_title(after):
        raise typer.BadParameter(
            f"{value} can be read two ways; write the number of the column instead of its title: 3={after}"
        )
    return pb.ImportColumn(field=after, column=before)


def _is_no_title(text: str) -> bool:
    """`ignore` and `attr.KEY` are fields, and no column is called so."""
    return text == IGNORE or text.startswith("attr.")
