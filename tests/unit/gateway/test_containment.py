"""One bad event, row, watcher or statement stops that one thing, and nothing beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
import pytest

from gateway.api import events as servicers
from gateway.auth.caller import Caller, current_caller
from gateway.auth.store import readable
from gateway.campaigns.store import CampaignStore
from gateway.events import model as event_models
from gateway.events.hub import Hub
from gateway.events.model import Stored
from gateway.events.place import Place, token
from gateway.events.store import EventStore
from gateway.events.watch import Watch
from gateway.overview.model import Arrivals, Devices, Piece
from gateway.overview.store import OverviewStore
from gateway.overview.view import View
from gateway.retention.store import Retention
from gateway.settings import GatewaySettings
from gateway.tokens import Tokens
from kompang.v1 import events_pb2
from services.runtime import containment
from services.runtime.errors import Aborted, KompangError, Unavailable
from services.runtime.lifecycle import Life
from tests.support.secret import SECRET
from tests.support.slowness import patient

AT = datetime(2026, 1, 1, tzinfo=UTC)
UNFORESEEN = [ValueError, KeyError, asyncpg.DataError, UnicodeError, TypeError]
DAY = timedelta(days=1)


def event(number: int, account_id: int = 1, kind: str = "lead_enrolled") -> Stored:
    return Stored(Place(number, 1), AT, account_id, kind, None, number, None, None, None, None)


@pytest.fixture(autouse=True)
def counts() -> Mapping[str, int]:
    """Contained errors of this test, by place."""
    containment.counts.clear()
    return containment.counts


class Tail:
    """An `EventStore` whose looks come from a list: events, or what a look raises."""

    def __init__(self, *looks: list[Stored] | Exception) -> None:
        self.looks = list(looks)
        self.horizon_asked = 0

    async def horizon(self) -> Place:
        self.horizon_asked += 1
        return Place(0, 0)

    async def tail(self, after: Place, accounts: set[int], limit: int) -> tuple[list[Stored], Place]:
        look = self.looks.pop(0) if self.looks else []
        if isinstance(look, Exception):
            raise look
        return look, look[-1].place if look else after


@asynccontextmanager
async def looking(store: Any) -> AsyncIterator[Hub]:
    """A hub whose loop runs; leaving proves that the loop ended by itself, at the drain."""
    life = Life()
    hub = Hub(store, life, poll_s=0.001, buffer=10)
    loop = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        life.drain()
        await asyncio.wait_for(loop, patient(5))


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_a_look_that_fails_ends_the_watches_and_not_the_loop(error, counts):
    async with looking(Tail(error("secret"), [event(1)])) as hub:
        async with hub.watch(1) as watch:
            with pytest.raises(KompangError) as ended:
                await asyncio.wait_for(watch.take(), patient(5))
            assert (ended.value.code, ended.value.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
            assert "secret" not in ended.value.message
        async with hub.watch(1) as watch:
            assert await asyncio.wait_for(watch.take(), patient(5)) == [event(1)]
    assert counts == {"gateway.events.look": 1}


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_a_watch_that_cannot_take_events_ends_alone(error, counts, monkeypatch):
    offer = Watch.offer

    def failing(watch: Watch, events: list[Stored]) -> None:
        if watch.account_id == 2:
            raise error("secret")
        offer(watch, events)

    monkeypatch.setattr(Watch, "offer", failing)
    hub = Hub(Tail([event(1)]), Life(), poll_s=1, buffer=10)  # type: ignore[arg-type]
    async with hub.watch(2) as bad, hub.watch(1) as good:
        await hub.run_once()
        assert await asyncio.wait_for(good.take(), patient(5)) == [event(1)]
        with pytest.raises(KompangError) as ended:
            await asyncio.wait_for(bad.take(), patient(5))
    assert ended.value.code is grpc.StatusCode.INTERNAL
    assert counts == {"gateway.events.watch": 1}


class Rows:
    """A `Postgres` with these rows, whatever it is asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    async def fetch(self, *_: Any) -> list[dict[str, Any]]:
        return self.rows


def row(number: int) -> dict[str, Any]:
    columns = ("account_id", "type", "message_id", "lead_id", "device_id", "state", "reason", "sequence")
    return {"xid": number, "id": 1, "at": AT, "horizon": 9} | dict.fromkeys(columns)


@pytest.fixture
def unreadable(monkeypatch) -> Callable[[type[Exception], int], None]:
    """Makes one row raise when it is read."""

    def make(error: type[Exception], number: int) -> None:
        read = event_models.stored

        def failing(each: Any) -> Stored:
            if each["xid"] == number:
                raise error("secret")
            return read(each)

        monkeypatch.setattr(event_models, "stored", failing)

    return make


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_a_row_that_cannot_be_read_is_passed_over(error, unreadable, counts):
    unreadable(error, 2)
    store = EventStore(Rows(row(1), row(2), row(3)))  # type: ignore[arg-type]
    events, _ = await store.tail(Place(0, 0), {1}, 10)
    assert [each.place.xid for each in events] == [1, 3]
    assert [each.place.xid for each in await store.of_lead(1, 1, (0, 0), 10)] == [1, 3]
    events, place = await store.history(1, Place(0, 0), Place(9, 0), 10)
    assert ([each.place.xid for each in events], place) == ([1, 3], Place(3, 1))
    assert counts == {"gateway.event.read": 3}


async def test_a_full_look_goes_on_behind_a_row_that_cannot_be_read(unreadable):
    unreadable(ValueError, 2)
    store = EventStore(Rows(row(1), row(2)))  # type: ignore[arg-type]
    assert await store.tail(Place(0, 0), {1}, 2) == ([event_models.stored(row(1))], Place(2, 1))


async def test_a_history_of_nothing_but_rows_that_cannot_be_read_is_not_its_end(unreadable):
    unreadable(ValueError, 2)
    store = EventStore(Rows(row(2)))  # type: ignore[arg-type]
    assert await store.history(1, Place(0, 0), Place(9, 0), 10) == ([], Place(2, 1))


class History(Tail):
    """Three events, of which one is of a type that this version does not know."""

    events = (event(1), event(2, kind="of_a_newer_version"), event(3))

    async def horizon(self) -> Place:
        return Place(9, 0)

    async def history(
        self, account_id: int, after: Place, until: Place, limit: int
    ) -> tuple[list[Stored], Place | None]:
        left = [each for each in self.events if after < each.place <= until]
        return left, left[-1].place if left else None


async def taken(responses: AsyncIterator[events_pb2.WatchEventsResponse], count: int) -> list[str]:
    """The leads of the first events, so many."""
    found: list[str] = []
    async for response in responses:
        found += [each.lead for each in response.events]
        if len(found) >= count:
            return found
    raise AssertionError(found)


TOKENS = Tokens(b"k" * 32)


@pytest.mark.parametrize("resume_token", ["", token(TOKENS, 1, Place(0, 0))])
async def test_an_event_that_cannot_be_shown_is_passed_over(resume_token, counts):
    current_caller.set(Caller(1, 1, "kompang.v1.EventsService/WatchEvents"))
    store: Any = History(list(History.events))
    async with looking(store) as hub:
        servicer = servicers.EventsServicer(store, hub, TOKENS)
        request = events_pb2.WatchEventsRequest(resume_token=resume_token)
        responses: Any = servicer.WatchEvents(request, None)
        assert await asyncio.wait_for(taken(responses, 2), patient(5)) == ["leads/1", "leads/3"]
        await responses.aclose()
    assert counts == {"gateway.event.show": 1}


class Account(OverviewStore):
    """Two campaigns and two events, one of each not to be shown."""

    def __init__(self) -> None:
        pass

    async def devices(self, account_id: int) -> Devices:
        return Devices("acme", AT, AT, 1, 0, 0, 0, 0, 0, 1)

    async def place_at(self, account_id: int, at: datetime) -> Place:
        return Place(0, 0)

    async def piece(self, account_id: int, after: Place, *_: Any) -> Piece:
        return Piece(after, notable=[event(1, kind="of_a_newer_version"), event(2)] if not after.xid else [])

    async def open_campaigns(self, account_id: int, most: int) -> tuple[list[int], int]:
        return [1, 2], 2

    async def due(self, account_id: int, most_each: int) -> tuple[int, bool]:
        return 5, False

    async def campaign_messages(self, account_id: int) -> tuple[int, int]:
        return 7, 0

    async def unmatched_stops(self, account_id: int) -> int:
        return 0

    async def arrivals(self, account_id: int) -> Arrivals:
        return Arrivals(9, 4, 1)

    async def doubts(self, account_id: int) -> int:
        return 3


class Campaigns(CampaignStore):
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: list[int] = []

    async def progress(self, account_id: int, campaign_id: int) -> None:
        self.asked.append(campaign_id)
        if campaign_id == 1:
            raise self.error

    async def get(self, account_id: int, campaign_id: int) -> None:
        return None


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_an_overview_leaves_out_what_cannot_be_shown(error, counts):
    campaigns = Campaigns(error("secret"))
    overview = await View(Account(), campaigns, 1).look()
    assert {each.lead for each in overview.events} == {"leads/2"}
    assert campaigns.asked == [1, 2]
    assert (overview.campaign_count, overview.due_count, overview.planned_count) == (2, 5, 7)
    assert overview.doubted_count == 3
    assert counts["gateway.overview.campaign"] == 1
    assert counts["gateway.event.show"] >= 1


async def test_an_overview_ends_while_the_database_is_away():
    with pytest.raises(Unavailable):
        await View(Account(), Campaigns(Unavailable("away")), 1).look()


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


class Row(dict[str, Any]):
    """A row of which a column cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__(id=7)
        self.error = error

    def __missing__(self, name: str) -> Any:
        raise self.error


@pytest.mark.parametrize("error", UNFORESEEN)
def test_a_key_that_cannot_be_read_refuses_its_own_calls_alone(error, counts):
    good = {"id": 1, "account_id": 2, "public_id": "a", "secret_hash": b"", "scopes": [], "expires_at": None}
    assert [key.id for key in readable([good, Row(error("secret")), good | {"id": 3}])] == [1, 3]
    assert counts == {"gateway.key.read": 1}
