"""The rows that a reconciliation needs, read by the owner of the schema in one snapshot."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from infra.local.network.ledger import Entry
from infra.local.reconcile.report import Invariant
from services.message.state import MessageState
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_CONNECT_S = 10.0
# Reading a million messages takes some 10 s.
_READ_S = 300.0


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message; numbers without their `+`, as the network writes them."""

    id: int
    state: str
    device: str
    recipient: str
    wire_id: str
    min_delay_s: float
    lead_id: int = 0
    enrollment_id: int | None = None
    campaign_id: int | None = None
    position: int = 1
    text_hash: str = ""
    """The first 8 bytes of the text's SHA-256 in hex; empty while nothing was rendered."""
    is_erased: bool = False
    """Its lead was erased, so the number and the text are unknown now."""
    is_abandoned: bool = False
    """Nobody repeats it when it is unknown: its lead is suppressed or erased, its enrollment stopped, or its
    campaign cancelled."""
    is_replaced: bool = False
    """Its lead was moved to a newer version of the sequence, where it is gone or has another time."""
    is_traceable: bool = False
    """What became of it can be found out by another host than the one that sent it."""
    answers_s: float | None = None
    """For an answer to a stop word: the time of the stop word, in seconds since 1970."""

    @property
    def is_told_only(self) -> bool:
        """The network says that it went; its host died before it could tell the hash of the text."""
        is_told = self.state in (MessageState.DELIVERED, MessageState.READ)
        return (is_told or (self.is_traceable and self.state == MessageState.SENT)) and not self.text_hash

    @property
    def name(self) -> str:
        """The resource name in the API."""
        return f"messages/{self.id}"


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    """One round of a lead through a chain, with the number of messages it must have."""

    id: int
    message_count: int
    sequence_id: int = 1
    lead_id: int = 1
    round: int = 1
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """One campaign with its own counts: messages by state, states without messages left out."""

    id: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CampaignLeadRecord:
    """The message of a campaign that a lead got, as the campaign lists it."""

    campaign_id: int
    lead_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class NoSendPeriod:
    """A time in which nothing may be accepted, in seconds since 1970.

    Attributes:
        promise: the promise that forbids it.
        id: of the campaign for HELD, else of the lead.
        begin_s: when somebody asked for it; a message that is on its way then may still arrive.
        end_s: its end; None: it has none.

    """

    promise: Invariant
    id: int
    begin_s: float
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger and the message that was sent."""

    message: MessageRecord
    entry: Entry


@dataclass(frozen=True)
class Records:
    """The rows of Postgres that the checks compare."""

    messages: Sequence[MessageRecord]
    enrollments: Sequence[EnrollmentRecord]
    campaigns: Sequence[CampaignRecord] = ()
    campaign_leads: Sequence[CampaignLeadRecord] = ()
    no_send_periods: Sequence[NoSendPeriod] = ()


async def read_records(dsn: str) -> Records:
    """Everything of the database that is checked, of one moment.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: the server refused or did not answer.

    """
    connection = await asyncpg.connect(
        dsn,
        ssl=False,
        timeout=_CONNECT_S,
        command_timeout=_READ_S,
        server_settings={"search_path": "kompang"},
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _read(connection)
    finally:
        await connection.close(timeout=_CONNECT_S)


async def _read(connection: asyncpg.Connection) -> Records:
    no_send_periods = {
        Invariant.OPTED_OUT: _SQL.opt_outs,
        Invariant.ERASED: _SQL.erasures,
        Invariant.HELD: _SQL.campaign_holds,
    }
    return Records(
        messages=[MessageRecord(**row) for row in await connection.fetch(_SQL.messages)],
        enrollments=[EnrollmentRecord(**row) for row in await connection.fetch(_SQL.enrollments)],
        campaigns=[
            CampaignRecord(row["id"], json.loads(row["counts"]))
            for row in await connection.fetch(_SQL.campaigns)
        ],
        campaign_leads=[CampaignLeadRecord(**row) for row in await connection.fetch(_SQL.campaign_leads)],
        no_send_periods=[
            NoSendPeriod(promise, **row)
            for promise, query in no_send_periods.items()
            for row in await connection.fetch(query)
        ],
    )
