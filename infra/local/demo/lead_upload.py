"""Uploads the rows of a lead file through `BatchUpsertLeads`, without the rows that the gateway refuses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.client import Client
from infra.local.demo.leads import Row
from kompang.v1 import leads_pb2
from services.runtime.errors import InvalidArgument

_BATCH = 1000
_LEAD_FIELD = re.compile(r"leads\[(\d+)\]\.?(.*)")


@dataclass
class Uploaded:
    """The number of leads that were created, and the refused rows: the line of each, and why."""

    leads: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


async def upload_leads(client: Client, rows: Sequence[Row], source: str) -> Uploaded:
    """Create a lead for each row, with consent where the row has it. Raises KompangError."""
    uploaded = Uploaded()
    consent = leads_pb2.Consent(source=source, wording="Yes, send me your news", grant_time=_now())
    for batch in _batches(rows):
        await _upload_batch(client, batch, consent, uploaded)
    uploaded.refused.sort()
    return uploaded


async def _upload_batch(
    client: Client, batch: list[Row], consent: leads_pb2.Consent, uploaded: Uploaded
) -> None:
    """The gateway takes all rows of a batch or none, and names the bad ones: send the others again."""
    while batch:
        request = leads_pb2.BatchUpsertLeadsRequest(leads=[_lead(row, consent) for row in batch])
        try:
            response = await client.call(client.leads.BatchUpsertLeads, request)
        except InvalidArgument as error:
            named = _named_leads(error)
            if not named:
                raise
            uploaded.refused += [(batch[index].line, text) for index, text in named.items()]
            batch = [row for index, row in enumerate(batch) if index not in named]
        else:
            uploaded.leads += response.created_count
            return


def _lead(row: Row, consent: leads_pb2.Consent) -> leads_pb2.Lead:
    return leads_pb2.Lead(
        phone=row.phone,
        display_name=row.name,
        trigger=row.trigger,
        attributes=row.attributes,
        consent=consent if row.consents else None,
        language=row.language,
        timezone=row.timezone,
    )


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _BATCH):
        yield list(rows[start : start + _BATCH])


def _named_leads(error: InvalidArgument) -> dict[int, str]:
    """The index of each refused lead of the batch, and the first reason for it."""
    named: dict[int, str] = {}
    for violation in error.violations:
        if match := _LEAD_FIELD.match(violation.field):
            named.setdefault(int(match[1]), f"{match[2]} {violation.description}".strip())
    return named


def _now() -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC))
    return moment
