"""What the gateway tidies: whatever is older than its time. It makes partitions for what it writes, too.

It also renews the public holidays of the regions in use, once a day.
Each table is a duty of its own: one that fails stops neither the others nor the process, and is tried again
at the next turn.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.holidays.calendar import Calendars
from gateway.holidays.store import replace
from gateway.settings import GatewaySettings
from services.runtime.containment import PASSING, contained
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
log = logging.getLogger(__name__)
# Rows that one statement deletes, so that nothing waits long for their locks.
_BATCH_ROWS = 500
# The refused rows of an import are deleted with the import, so one import is much.
_BATCH_IMPORTS = 1
# A partition is looked through whole before it is dropped, and is dropped in two steps.
_STEP_S = 120.0
_MOST_STEPS = 20
_BITE_ROWS = 5000
# WhatsApp keeps what it could not deliver for 30 days.
_INBOUND_KEPT = timedelta(days=40)
# As docs/design.md promises.
_QUARANTINE_KEPT = timedelta(days=30)
_FAILED_LOGINS_KEPT = timedelta(days=30)
_RENEWED_S = 24 * 3600.0


class Retention:
    """Run it every few minutes; any number of replicas may."""

    def __init__(self, postgres: Postgres, settings: GatewaySettings) -> None:
        self._postgres = postgres
        self._settings = settings
        # When this process last renewed the holidays.
        self._renewed_at: float | None = None
        self._duties: dict[str, Callable[[], Awaitable[object]]] = {
            "partitions": lambda: postgres.execute(_SQL.ensure_partitions),
            "imports": lambda: self._forget(_SQL.forget_imports, settings.import_retention, _BATCH_IMPORTS),
            "inbound": lambda: self._forget(_SQL.forget_inbound, _INBOUND_KEPT, _BATCH_ROWS),
            "failed log-ins": lambda: self._forget(
                _SQL.forget_failed_logins, _FAILED_LOGINS_KEPT, _BATCH_ROWS
            ),
            "quarantine": lambda: self._forget(_SQL.forget_quarantine, _QUARANTINE_KEPT, _BATCH_ROWS),
            "requests": lambda: self._forget(_SQL.forget_requests, settings.request_retention, _BATCH_ROWS),
            "audit": lambda: self._forget(_SQL.forget_audit, settings.audit_retention, _BATCH_ROWS),
            "weeks": self._drop_weeks,
            "holidays": self._renew_holidays,
        }

    async def run_once(self) -> None:
        """Does every duty once. Raises what passes by itself, after the last of them."""
        passing: list[Exception] = []
        for duty, run in self._duties.items():
            try:
                with contained("gateway.retention", duty=duty):
                    await run()
            except PASSING as error:
                passing.append(error)
        if passing:
            raise passing[0]

    async def _renew_holidays(self) -> None:
        """Once a day: holidays are moved, estimates become dates, and a new year comes into sight."""
        if self._renewed_at is not None and time.monotonic() - self._renewed_at < _RENEWED_S:
            return
        regions = [row["region"] for row in await self._postgres.fetch(_SQL.holiday_regions)]
        calendars = await asyncio.to_thread(Calendars.of, regions) if regions else Calendars.none()
        async with self._postgres.transaction() as connection:
            accounts = [row["id"] for row in await connection.fetch(_SQL.lock_accounts)]
            if regions:
                await replace(connection, calendars)
            if accounts:
                await connection.execute(_SQL.settle_quiet_days, accounts)
            await connection.execute(_SQL.forget_days)
        self._renewed_at = time.monotonic()

    async def _drop_weeks(self) -> None:
        """Drops old weekly partitions of messages and events, a few steps a turn."""
        kept = self._settings.message_retention, self._settings.event_retention
        for _ in range(_MOST_STEPS):
            async with self._postgres.transaction() as connection:
                await connection.execute(_SQL.take_time, str(int(_STEP_S * 1000)))
                done = await connection.fetchval(_SQL.drop_old, *kept, _BITE_ROWS, timeout=_STEP_S)
            if done is None:
                return
            log.info("retention", extra={"done": done})

    async def _forget(self, statement: str, age: timedelta, batch: int) -> None:
        forgotten = batch
        while forgotten == batch:
            tag = await self._postgres.execute(statement, age, batch)
            forgotten = int(tag.rpartition(" ")[2])
