"""A statement of the retention that fails stops no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.retention.store import Retention
from gateway.settings import GatewaySettings
from services.runtime.errors import Aborted
from tests.support.secret import SECRET
from tests.unit.gateway.containment.unforeseen import UNFORESEEN


class Statements:
    """A `Postgres` on which one statement fails."""

    def __init__(self, failing: str, error: Exception) -> None:
        self.failing = failing
        self.error = error
        self.done: list[str] = []

    async def execute(self, statement: Any, *_: Any) -> str:
        name = next(each for each in DUTIES if DUTIES[each] in str(statement))
        if name == self.failing:
            raise self.error
        self.done.append(name)
        return "DELETE 0"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Statements"]:
        yield self

    async def fetch(self, statement: Any, *_: Any) -> list[Any]:
        await self.execute(statement)
        return []

    async def fetchval(self, statement: Any, *_: Any, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's
        await self.execute(statement)


RETENTION = GatewaySettings(postgres_dsn="postgresql://none", secret=SECRET)
DUTIES = {
    "partitions": "ensure_partitions",
    "imports": "kompang.import",
    "inbound": "kompang.inbound",
    "failed log-ins": "kompang.failed_login",
    "quarantine": "kompang.quarantine",
    "requests": "kompang.request",
    "audit": "kompang.audit",
    "weeks": "kompang.drop_old",
    "holidays": "holiday_regions",
    "time": "statement_timeout",
}


@pytest.mark.parametrize("failing", [duty for duty in DUTIES if duty != "time"])
@pytest.mark.parametrize("error", UNFORESEEN)
async def test_retention_of_one_table_that_fails_does_not_stop_the_others(error, failing, counts):
    postgres = Statements(failing, error("secret"))
    await Retention(postgres, RETENTION).run_once()  # type: ignore[arg-type]
    assert set(postgres.done) - {"time"} == set(DUTIES) - {"time", failing}
    assert counts == {"gateway.retention": 1}


async def test_retention_does_the_rest_before_it_is_tried_again():
    postgres = Statements("partitions", Aborted("deadlock"))
    with pytest.raises(Aborted):
        await Retention(postgres, RETENTION).run_once()  # type: ignore[arg-type]
    assert set(postgres.done) == set(DUTIES) - {"partitions"}
