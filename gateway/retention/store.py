"""What the gateway tidies: old request ids, imports, replies and quarantine, partitions for what it writes.

Each table is a duty of its own: one that fails stops neither the others nor the process, and is tried again
at the next turn.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.runtime.containment import PASSING, contained
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
# Rows that one statement deletes, so that nothing waits long for their locks.
_BATCH_ROWS = 500
# The refused rows of an import are deleted with the import, so one import is much.
_BATCH_IMPORTS = 1
# WhatsApp keeps what it could not deliver for 30 days.
_INBOUND_KEPT = timedelta(days=40)
# As docs/design.md promises.
_QUARANTINE_KEPT = timedelta(days=30)
_FAILED_LOGINS_KEPT = timedelta(days=30)


class Retention:
    """Run it every few minutes; any number of replicas may."""

    def __init__(self, postgres: Postgres, request_retention: timedelta, import_retention: timedelta) -> None:
        self._postgres = postgres
        self._duties: dict[str, Callable[[], Awaitable[object]]] = {
            "partitions": lambda: postgres.execute(_SQL.ensure_partitions),
            "imports": lambda: self._forget(_SQL.forget_imports, import_retention, _BATCH_IMPORTS),
            "inbound": lambda: self._forget(_SQL.forget_inbound, _INBOUND_KEPT, _BATCH_ROWS),
            "failed log-ins": lambda: self._forget(
                _SQL.forget_failed_logins, _FAILED_LOGINS_KEPT, _BATCH_ROWS
            ),
            "quarantine": lambda: self._forget(_SQL.forget_quarantine, _QUARANTINE_KEPT, _BATCH_ROWS),
            "requests": lambda: self._forget(_SQL.forget_requests, request_retention, _BATCH_ROWS),
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

    async def _forget(self, statement: str, age: timedelta, batch: int) -> None:
        forgotten = batch
        while forgotten == batch:
            tag = await self._postgres.execute(statement, age, batch)
            forgotten = int(tag.rpartition(" ")[2])
