"""Keys, the ring that remembers them, and the scopes."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

import kompang.v1.accounts_pb2
import kompang.v1.campaigns_pb2
import kompang.v1.devices_pb2
import kompang.v1.events_pb2
import kompang.v1.leads_pb2
import kompang.v1.messages_pb2
import kompang.v1.overview_pb2
import kompang.v1.sequences_pb2
from gateway.auth.key import ApiKey
from gateway.auth.keyring import Keyring
from gateway.auth.open_calls import OpenCalls
from gateway.auth.scopes import REQUIRED, SCOPES
from gateway.auth.store import KeysRead, StoredKey
from services.runtime.errors import KompangError, PermissionDenied, Unauthenticated, Unavailable

FILES = (
    kompang.v1.accounts_pb2,
    kompang.v1.campaigns_pb2,
    kompang.v1.devices_pb2,
    kompang.v1.events_pb2,
    kompang.v1.leads_pb2,
    kompang.v1.messages_pb2,
    kompang.v1.overview_pb2,
    kompang.v1.sequences_pb2,
)


NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Rows:
    """The table of keys, with its version and the database's clock."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys = {key.public_id: stored(key) for key in keys}
        self.version = uuid4()
        self.now = NOW
        self.asked = 0
        self.error: Exception | None = None

    async def read(self, known: UUID | None) -> KeysRead:
        self.asked += 1
        if self.error:
            raise self.error
        return KeysRead(self.version, self.now, None if known == self.version else dict(self.keys))

    def change(self, **keys: StoredKey) -> None:
        self.keys, self.version = keys, uuid4()


def stored(key: ApiKey, **fields: Any) -> StoredKey:
    given = {"scopes": frozenset({"leads.read"})} | fields
    return StoredKey(1, 2, key.public_id, key.secret_hash, **given)


def test_a_new_key_is_read_back_and_keeps_its_secret() -> None:
    key = ApiKey.new()
    assert ApiKey.parse(f"Bearer {key.text}") == key
    assert ApiKey.parse(f"bearer  {key.text} ") == key
    assert key.secret not in repr(key)
    assert ApiKey.new() != key


@pytest.mark.parametrize(
    "text",
    [
        "", "Bearer", "Bearer ", "kpg_a_0123456789abcdef", "Basic kpg_a_0123456789abcdef",
        "Bearer kpg_a_short",
        "Bearer kpg__0123456789abcdef", "Bearer xyz_a_0123456789abcdef", "Bearer kpg_a_0123456789abcdef!",
        "Bearer kpg_é_0123456789abcdef", "Bearer kpg_" + "a" * 33 + "_0123456789abcdef",
        "Bearer kpg_a_" + "b" * 129, "Bearer" + " " * 300 + "kpg_a_0123456789abcdef",
    ],
)  # fmt: skip
def test_a_header_without_a_key_is_read_as_none(text: str) -> None:
    assert ApiKey.parse(text) is None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr("gateway.auth.keyring.time.monotonic", lambda: now.s)
    return now


async def matched(ring: Keyring, key: ApiKey) -> StoredKey | None:
    """With a look in the meantime, for a key that waits for one."""
    match = asyncio.create_task(ring.match(key, "192.0.2.1", is_soon=lambda: True))
    await asyncio.sleep(0)
    if not match.done():
        await ring.run_once()
    return await match


async def test_known_keys_cost_nothing_and_a_wrong_one_waits_for_the_next_look(
    clock: SimpleNamespace,
) -> None:
    key = ApiKey.new()
    rows = Rows(key)
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    assert await ring.match(key, "192.0.2.1", is_soon=lambda: True) == rows.keys[key.public_id]
    assert rows.asked == 1
    assert await matched(ring, ApiKey("nobody", key.secret)) is None
    assert rows.asked == 2


async def test_a_wrong_secret_of_a_known_key_is_refused_at_once(clock: SimpleNamespace) -> None:
    key = ApiKey.new()
    rows = Rows(key)
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    assert await matched(ring, ApiKey(key.public_id, "x" * 20)) is None
    assert rows.asked == 1


async def test_one_peer_does_not_take_all_places_of_unknown_keys(clock: SimpleNamespace) -> None:
    rows = Rows()
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    peers = ["192.0.2.1"] * 1200 + ["198.51.100.1"]
    tried = [asyncio.create_task(ring.match(ApiKey.new(), each, is_soon=lambda: True)) for each in peers]
    await asyncio.sleep(0)
    await ring.run_once()
    answers = await asyncio.gather(*tried, return_exceptions=True)
    assert isinstance(answers[-2], Unavailable)
    assert answers[-1] is None


async def test_a_flood_of_wrong_keys_costs_one_look_and_keeps_nothing(clock: SimpleNamespace) -> None:
    rows = Rows()
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    wrong = [
        asyncio.create_task(ring.match(ApiKey.new(), f"192.0.2.{n}", is_soon=lambda: True))
        for n in range(1200)
    ]
    await asyncio.sleep(0)
    await ring.run_once()
    answers = await asyncio.gather(*wrong, return_exceptions=True)
    assert rows.asked == 2
    assert answers.count(None) == 1000
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 200
    assert len(ring._keys) == 0


async def test_a_new_key_is_found_at_once(clock: SimpleNamespace) -> None:
    rows, key = Rows(), ApiKey.new()
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    rows.change(**{key.public_id: stored(key)})
    assert await matched(ring, key) is not None


async def test_a_key_expires_by_the_clock_of_the_database(clock: SimpleNamespace) -> None:
    key = ApiKey.new()
    rows = Rows()
    rows.change(**{key.public_id: stored(key, expires_at=NOW + timedelta(seconds=2))})
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    assert await matched(ring, key) is not None
    clock.s += 2
    rows.now += timedelta(seconds=2)
    assert await matched(ring, key) is None


async def test_nobody_is_believed_when_the_database_has_not_answered_for_long(clock: SimpleNamespace) -> None:
    key = ApiKey.new()
    rows = Rows(key)
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    await ring.run_once()
    rows.error = Unavailable("away")
    await ring.run_once()
    clock.s += 4
    assert await matched(ring, key) is not None
    clock.s += 1
    with pytest.raises(Unavailable):
        await matched(ring, key)


async def test_an_unforeseen_error_is_contained_and_the_next_look_mends_it(clock: SimpleNamespace) -> None:
    key = ApiKey.new()
    rows = Rows(key)
    ring = Keyring(rows, OpenCalls(), ttl_s=5)
    rows.error = RuntimeError("a row of another version")
    with pytest.raises(Unavailable):
        await matched(ring, key)
    rows.error = None
    assert await matched(ring, key) is not None


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda rows, _: rows.change(), Unauthenticated),
        (lambda rows, key: rows.change(**{key.public_id: stored(key, expires_at=NOW)}), Unauthenticated),
        (lambda rows, key: rows.change(**{key.public_id: stored(key, scopes=frozenset())}), PermissionDenied),
        (lambda rows, _: setattr(rows, "error", Unavailable("away")), Unavailable),
        (lambda rows, _: setattr(rows, "error", RuntimeError("broken")), Unavailable),
    ],
)
async def test_an_open_call_ends_with_its_key(
    clock: SimpleNamespace, change: Any, kind: type[Exception]
) -> None:
    key = ApiKey.new()
    rows, calls = Rows(key), OpenCalls()
    ring = Keyring(rows, calls, ttl_s=5)
    await ring.run_once()
    ended = []

    async def call() -> None:
        try:
            with calls.opened(key.public_id, "leads.read"):
                await asyncio.Event().wait()
        except KompangError as error:
            ended.append(error)
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    ring.sweep()
    change(rows, key)
    clock.s += 4.9
    await ring.run_once()
    await task
    assert [type(error) for error in ended] == [kind]
    assert calls.keys() == []


async def test_a_process_that_stood_still_looks_before_it_ends_calls(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ApiKey.new()
    ring = Keyring(Rows(key), OpenCalls(), ttl_s=5)
    await ring.run_once()
    slept, swept = iter([0.25, 60.0, 60.0, 0.25]), []

    async def sleep(_: float) -> None:
        clock.s += next(slept, 0.0)
        if clock.s > 220.4:
            raise asyncio.CancelledError

    monkeypatch.setattr("gateway.auth.keyring.asyncio.sleep", sleep)
    monkeypatch.setattr(ring, "sweep", lambda: swept.append(clock.s))
    with pytest.raises(asyncio.CancelledError):
        await ring._sweep_always()
    assert swept == [100.25, 220.25]


async def test_a_call_that_its_caller_cancels_is_cancelled() -> None:
    calls = OpenCalls()

    async def call() -> None:
        with calls.opened("a", "leads.read"):
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert calls.keys() == []


def test_every_method_has_a_scope_and_no_other_is_named() -> None:
    methods = {
        f"{service.full_name}/{method.name}"
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert set(REQUIRED) == methods
    assert set(REQUIRED.values()) == set(SCOPES)
