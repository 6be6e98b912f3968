"""The public API as an integrator calls it: nothing here knows more than the protos."""

import re
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from infra.local.demo.leads import Row
from infra.local.mesh.readiness import OPTIONS
from kompang.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    devices_pb2,
    devices_pb2_grpc,
    leads_pb2,
    leads_pb2_grpc,
    messages_pb2,
    messages_pb2_grpc,
    sequences_pb2,
    sequences_pb2_grpc,
)

_CALL_S = 30.0
_ENROLL_S = 600.0
_BATCH = 1000
_FIRST_DEVICE = 60_110_000_000
_LEAD_FIELD = re.compile(r"leads\[(\d+)\]\.?(.*)")


@dataclass
class Imported:
    """What became of a lead file."""

    leads: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    """The line of each row that was not taken, and why."""


class Api:
    """One account's access to the gateway; every method raises `grpc.aio.AioRpcError`."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._accounts = accounts_pb2_grpc.AccountsServiceStub(channel)
        self._devices = devices_pb2_grpc.DevicesServiceStub(channel)
        self._leads = leads_pb2_grpc.LeadsServiceStub(channel)
        self._messages = messages_pb2_grpc.MessagesServiceStub(channel)
        self._sequences = sequences_pb2_grpc.SequencesServiceStub(channel)

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str, key: str) -> AsyncIterator["Api"]:
        """Connected to the gateway at host:port."""
        async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
            yield cls(channel, key)

    async def speak(self, account: accounts_pb2.Account) -> None:
        """Change what is set of the account: its time zone, its wording."""
        account.name = "accounts/-"
        request = accounts_pb2.UpdateAccountRequest(account=account)
        await self._accounts.UpdateAccount(request, metadata=self._metadata, timeout=_CALL_S)

    async def rendered(self, message: str) -> messages_pb2.RenderMessageResponse:
        """The text of a message again."""
        request = messages_pb2.RenderMessageRequest(name=message)
        response: messages_pb2.RenderMessageResponse = await self._messages.RenderMessage(
            request, metadata=self._metadata, timeout=_CALL_S
        )
        return response

    async def create_devices(self, count: int, min_delay_s: float, max_delay_s: float) -> None:
        """Link so many numbers that nobody has."""
        for start in range(0, count, _BATCH):
            numbers = range(start + 1, min(count, start + _BATCH) + 1)
            devices = [_device(number, min_delay_s, max_delay_s) for number in numbers]
            request = devices_pb2.BatchCreateDevicesRequest(devices=devices, request_id=str(uuid.uuid4()))
            await self._devices.BatchCreateDevices(request, metadata=self._metadata, timeout=_CALL_S)

    async def create_sequences(self, requests: Iterable[sequences_pb2.CreateSequenceRequest]) -> None:
        """Create and activate them, in the order given."""
        for request in requests:
            created = await self._sequences.CreateSequence(request, metadata=self._metadata, timeout=_CALL_S)
            activation = sequences_pb2.ActivateSequenceRequest(name=created.name)
            await self._sequences.ActivateSequence(activation, metadata=self._metadata, timeout=_CALL_S)

    async def import_leads(self, rows: Sequence[Row], source: str) -> Imported:
        """Write the rows, with the permission where there is one; leave out what the gateway refuses."""
        imported = Imported()
        consent = leads_pb2.Consent(source=source, wording="Yes, send me your news", grant_time=_now())
        for batch in _batches(rows):
            await self._import_batch(batch, consent, imported)
        imported.refused.sort()
        return imported

    async def run_enrollment(self) -> int:
        """Enroll now; how many leads were."""
        request = sequences_pb2.RunEnrollmentRequest()
        response = await self._sequences.RunEnrollment(request, metadata=self._metadata, timeout=_ENROLL_S)
        return int(response.enrolled_count)

    async def _import_batch(self, batch: list[Row], consent: leads_pb2.Consent, imported: Imported) -> None:
        """All or none, says the gateway: without the rows it names, the rest is welcome."""
        while batch:
            request = leads_pb2.BatchUpsertLeadsRequest(
                leads=[_lead(row, consent) for row in batch], request_id=str(uuid.uuid4())
            )
            try:
                response = await self._leads.BatchUpsertLeads(
                    request, metadata=self._metadata, timeout=_CALL_S
                )
            except grpc.aio.AioRpcError as error:
                named = _named_leads(error)
                if not named:
                    raise
                imported.refused += [(batch[index].line, text) for index, text in named.items()]
                batch = [row for index, row in enumerate(batch) if index not in named]
            else:
                imported.leads += response.created_count
                return


def _device(number: int, min_delay_s: float, max_delay_s: float) -> devices_pb2.Device:
    return devices_pb2.Device(
        phone=f"+{_FIRST_DEVICE + number}",
        display_name=f"Device {number}",
        min_delay=_duration(min_delay_s),
        max_delay=_duration(max_delay_s),
    )


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


def _named_leads(error: grpc.aio.AioRpcError) -> dict[int, str]:
    """Which leads of the batch a refusal is about, and what is wrong with each."""
    named: dict[int, str] = {}
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        bad_request = error_details_pb2.BadRequest()
        if detail.Unpack(bad_request):
            for violation in bad_request.field_violations:
                if match := _LEAD_FIELD.match(violation.field):
                    named.setdefault(int(match[1]), f"{match[2]} {violation.description}".strip())
    return named


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1000))
    return duration


def _now() -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC))
    return moment
