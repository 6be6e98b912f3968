"""What is injected, and an event to be shown."""

from datetime import UTC, datetime

import asyncpg

from gateway.events.model import Stored
from gateway.events.place import Place

AT = datetime(2026, 1, 1, tzinfo=UTC)
UNFORESEEN = [ValueError, KeyError, asyncpg.DataError, UnicodeError, TypeError]


def event(number: int, account_id: int = 1, kind: str = "lead_enrolled") -> Stored:
    return Stored(Place(number, 1), AT, account_id, kind, None, number, None, None, None, None)
