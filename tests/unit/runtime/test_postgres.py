"""What the driver's errors mean to a caller."""

import asyncpg
import pytest

from services.runtime.errors import Aborted, ResourceExhausted, Unavailable
from services.runtime.postgres import translated


def refused(code: str, severity: str) -> asyncpg.PostgresError:
    """As the server sends it."""
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"S": severity, "V": severity, "C": code})
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refused("53100", "ERROR"), ResourceExhausted),
        (refused("40P01", "ERROR"), Aborted),
        # A lock that was not given within `lock_timeout`.
        (refused("55P03", "ERROR"), Aborted),
        (refused("57P03", "FATAL"), Unavailable),
        # A session that could not begin, because the server could not write its own files.
        (refused("XX000", "FATAL"), Unavailable),
        # A statement that met a fault of the server: no waiting mends that.
        (refused("XX000", "ERROR"), asyncpg.InternalServerError),
        (TimeoutError(), Unavailable),
        # Not what a row says: read-only, not migrated, no right, out of memory, a file's fault.
        *((refused(code, "ERROR"), Unavailable) for code in ("25006", "42P01", "42501", "53200", "58030")),
        # What a row says is the row's: whoever works on many finds the one.
        (refused("22021", "ERROR"), asyncpg.DataError),
        (refused("23505", "ERROR"), asyncpg.UniqueViolationError),
        (refused("54000", "ERROR"), asyncpg.ProgramLimitExceededError),
        (refused("P0001", "ERROR"), asyncpg.RaiseError),
    ],
)
async def test_what_an_error_becomes(error: Exception, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        async with translated():
            raise error
