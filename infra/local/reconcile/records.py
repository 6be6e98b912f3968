"""The rows that a reconciliation needs, read by the owner of the schema in one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

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
    enrollment_id: int | None = None
    position: int = 1
    text_hash: str = ""
    """The first 8 bytes of the text's SHA-256 in hex; empty while nothing was rendered."""
    suppressed_at: float | None = None
    """When its lead opted out, in seconds since 1970."""
    is_answer: bool = False
    """It confirms that very opt-out: the one message that may come after it."""
    is_replaced: bool = False
    """Its lead was moved to a newer version, in which it is no more, or at another time."""

    @property
    def name(self) -> str:
        """As the API calls it."""
        return f"messages/{self.id}"


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    """One lead in one chain, with the number of messages it must have."""

    id: int
    message_count: int


@dataclass(frozen=True)
class Records:
    """What Postgres says."""

    messages: Sequence[MessageRecord]
    enrollments: Sequence[EnrollmentRecord]


async def read_records(dsn: str) -> Records:
    """All messages and enrollments of the database, of one moment.

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
            messages = await connection.fetch(_SQL.messages)
            enrollments = await connection.fetch(_SQL.enrollments)
    finally:
        await connection.close(timeout=_CONNECT_S)
    return Records(
        [MessageRecord(**row) for row in messages], [EnrollmentRecord(**row) for row in enrollments]
    )
