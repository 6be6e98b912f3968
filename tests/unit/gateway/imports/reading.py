"""Reads a whole file as an import does, without a database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gateway.imports.reading.plan import HEAD, Hints, Plan, make_plan
from gateway.imports.reading.records import Place, Records
from gateway.imports.rows.account import Account
from gateway.imports.rows.batch import Batch, Batcher
from gateway.imports.rows.mapper import Defaults, Mapper
from gateway.imports.rows.phone_set import PhoneSet
from gateway.leads.model import Consent
from gateway.phones import Notation
from tests.support.secret import HASHES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZONES = frozenset({"UTC", "Asia/Kuala_Lumpur", "Asia/Tokyo"})


def planned(
    content: bytes,
    columns: Mapping[str, str] = MappingProxyType({}),
    encoding: str = "",
    delimiter: str = "",
) -> tuple[Plan, Place]:
    hints = Hints(encoding, delimiter, columns)
    return make_plan(content[:HEAD], hints, final=len(content) <= HEAD)


def read(
    content: bytes,
    *,
    country: str = "MY",
    columns: Mapping[str, str] = MappingProxyType({}),
    encoding: str = "",
    trigger: str = "",
    triggers: Sequence[str] = (),
    devices: Mapping[str, int] = MappingProxyType({}),
    consent: Consent | None = None,
    is_dated: bool = True,
    month_first: bool = False,
    chunk: int = 256 * 1024,
    size: int = 1000,
    made: tuple[Plan, Place] | None = None,
) -> list[Batch]:
    """All batches, the last one too; the content comes in chunks. `made`: of less than all of it."""
    plan, place = made or planned(content, columns, encoding)
    defaults = Defaults(Notation(country), trigger, consent, is_dated, month_first, NOW)
    account = Account(
        1, ZoneInfo("Asia/Kuala_Lumpur"), {one: one for one in triggers}, devices, ZONES, HASHES
    )
    mapper = Mapper(plan.columns, defaults, account)
    records = Records(
        plan.encoding,
        plan.delimiter,
        offset=place.offset,
        line=place.line,
        width=len(plan.columns.fields),
        swallows=mapper.swallows,
    )
    batcher = Batcher(records, mapper, PhoneSet(), plan, size, import_id=1)
    batches: list[Batch] = []
    rest = content[place.offset :]
    for start in range(0, len(rest), chunk):
        records.feed(rest[start : start + chunk])
        batches += [batch for batch in batcher.slices() if batch]
    records.feed(b"", final=True)
    batches += [batch for batch in batcher.slices() if batch]
    return [*batches, batcher.flush()]


def leads(content: bytes, **options: object) -> list[tuple[str, str]]:
    """Number and name of each lead."""
    return [(one.entry.draft.phone, one.entry.draft.display_name) for one in wanted(content, **options)]


def wanted(content: bytes, **options: object) -> list:
    return [one for batch in read(content, **options) for one in batch.rows]  # type: ignore[arg-type]


def refused(content: bytes, **options: object) -> list[tuple[int, str]]:
    """Line and reason of each row that is none."""
    batches = read(content, **options)  # type: ignore[arg-type]
    return [(one.line, one.reason) for batch in batches for one in batch.refused]
