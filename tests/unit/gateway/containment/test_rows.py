"""A row of an event or of a key that cannot be read is passed over, and no other row."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.auth.store import readable
from gateway.events import model as event_models
from gateway.events.model import Stored
from gateway.events.place import Place
from gateway.events.store import EventStore
from tests.unit.gateway.containment.unforeseen import AT, UNFORESEEN


class Rows:
    """A `Postgres` with these rows, whatever it is asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    async def fetch(self, *_: Any) -> list[dict[str, Any]]:
        return self.rows


def row(number: int) -> dict[str, Any]:
    columns = (
        "account_id",
        "type",
        "message_id",
        "lead_id",
        "device_id",
        "state",
        "reason",
        "sequence",
        "ban_reason",
    )
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
