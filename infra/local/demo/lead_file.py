"""The lead file of a run, read as the gateway reads an import: a part of it, and rows that are made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.imports.errors import FileError
from gateway.imports.reading.plan import HEAD, Hints, make_plan
from gateway.imports.reading.records import Records
from infra.local.demo.settings import BadInput

TRIGGER = "COLDEXSTART"
"""Of every row without a trigger of its own."""

_MOST = 500
_FIRST_MADE_UP = 60_160_000_000


@dataclass(frozen=True)
class LeadFile:
    """The bytes of the first rows of a file; how many rows are in them."""

    content: bytes
    rows: int

    @classmethod
    def read(cls, path: Path, most: int | None) -> "LeadFile":
        """At most so many rows, None for all: in whatever encoding and form an import takes.

        Raises:
            BadInput: it cannot be read, or is none that an import takes.

        """
        try:
            content = path.read_bytes()
            return _beginning(content, most)
        except OSError as error:
            raise BadInput(f"{path.name} cannot be read: {error.strerror}") from error
        except FileError as error:
            raise BadInput(f"{path.name} {error.because}") from error


def _beginning(content: bytes, most: int | None) -> LeadFile:
    plan, place = make_plan(content[:HEAD], Hints("", "", {}), final=len(content) <= HEAD)
    records = Records(plan.encoding, plan.delimiter, offset=place.offset, line=place.line)
    records.feed(content[place.offset :], final=True)
    rows = 0
    while most is None or rows < most:
        taken = records.take(_MOST if most is None else min(_MOST, most - rows))
        rows += len(taken)
        if not taken and not records.has_more:
            break
    return LeadFile(content if most is None or rows < most else content[: records.offset], rows)


def made_up(first: int, count: int) -> bytes:
    """A file with so many people who do not exist, the `first` counted from 1."""
    return "\n".join(["phone,name,city", *_people(first, count), ""]).encode()


def _people(first: int, count: int) -> Iterator[str]:
    for number in range(first, first + count):
        yield f"+{_FIRST_MADE_UP + number},Lead {number},Kuala Lumpur"
