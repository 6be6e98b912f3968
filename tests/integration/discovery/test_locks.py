"""What a lock and its epoch promise."""

import asyncio
import time

import pytest

from services.runtime.discovery import Discovery, Locks, MemberSession
from tests.integration.discovery.waiting import following, until
from tests.support.slowness import patient


async def opened(discovery: Discovery, member: str, lock_delay: float = 0.0) -> tuple[MemberSession, Locks]:
    session = await MemberSession.open(discovery, member, lock_delay=lock_delay)
    return session, Locks(session)


async def acquired(locks: Locks, key: str, within: float) -> int:
    """Tries until it has the lock."""
    epochs: list[int] = []

    async def tried() -> bool:
        if (epoch := await locks.acquire(key)) is not None:
            epochs.append(epoch)
        return bool(epochs)

    await until(tried, within=within)
    return epochs[0]


async def test_of_two_sessions_one_gets_the_lock(discovery: Discovery) -> None:
    (one, locks_of_one), (_, locks_of_two) = await opened(discovery, "one"), await opened(discovery, "two")
    epochs = await asyncio.gather(*[locks_of_one.acquire("a") for _ in range(5)])
    assert all(epochs)
    assert await locks_of_two.acquire("a") is None
    assert await locks_of_two.holders() == {"a": one.id}


async def test_the_epoch_grows_with_every_new_holder(discovery: Discovery) -> None:
    (_, locks_of_one), (_, locks_of_two) = await opened(discovery, "one"), await opened(discovery, "two")
    epochs = []
    for locks in (locks_of_one, locks_of_two, locks_of_two, locks_of_one):
        epoch = await locks.acquire("a")
        assert epoch is not None
        epochs.append(epoch)
        await locks.release("a")
    assert epochs == sorted(set(epochs))


async def test_the_epoch_grows_after_the_holders_session_was_destroyed(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one", lock_delay=0)
    first = await Locks(one).acquire("a")
    await discovery.destroy_session(one.id)
    await discovery.destroy_session(one.id)
    _, locks = await opened(discovery, "two")
    second = await acquired(locks, "a", within=2)
    assert first is not None
    assert second > first


async def test_watchers_see_a_lock_change_hands(discovery: Discovery) -> None:
    (one, locks_of_one), (_, locks_of_two) = await opened(discovery, "one"), await opened(discovery, "two")
    seen = locks_of_two.watch("shards/")
    assert await anext(seen) == {}
    await locks_of_one.acquire("other/1")
    await locks_of_one.acquire("shards/1")
    assert await following(seen, bool, within=5) == {"shards/1": one.id}
    await locks_of_one.release("shards/1")
    await following(seen, lambda holders: not holders, within=5)
    await seen.aclose()


async def test_release_frees_at_once_although_the_lock_delay_is_long(discovery: Discovery) -> None:
    _, locks_of_one = await opened(discovery, "one", lock_delay=20)
    _, locks_of_two = await opened(discovery, "two")
    await locks_of_one.acquire("a")
    await locks_of_one.release("a")
    assert await locks_of_two.acquire("a") is not None


async def test_a_destroyed_session_keeps_others_off_for_its_lock_delay(discovery: Discovery) -> None:
    one, locks_of_one = await opened(discovery, "one", lock_delay=0.8)
    _, locks_of_two = await opened(discovery, "two")
    await locks_of_one.acquire("a")
    await discovery.destroy_session(one.id)
    assert await locks_of_two.acquire("a") is None
    await acquired(locks_of_two, "a", within=3)


async def test_another_cannot_release_the_lock(discovery: Discovery) -> None:
    (one, locks_of_one), (_, locks_of_two) = await opened(discovery, "one"), await opened(discovery, "two")
    await locks_of_one.acquire("a")
    await locks_of_two.release("a")
    assert await locks_of_two.holders("a") == {"a": one.id}


async def test_a_false_answer_to_a_write_that_succeeded_is_read_back(
    discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, locks = await opened(discovery, "one")
    acquire = discovery.client.acquire

    async def acquire_and_lie(key: str, value: str, session: str) -> bool:
        await acquire(key, value, session)
        return False

    monkeypatch.setattr(discovery.client, "acquire", acquire_and_lie)
    assert await locks.acquire("a") is not None


async def test_a_lost_session_acquires_nothing(discovery: Discovery) -> None:
    one, locks = await opened(discovery, "one")
    await discovery.destroy_session(one.id)
    assert await locks.acquire("a") is None
    await locks.release("a")


async def test_256_locks_are_acquired_and_released_in_seconds(discovery: Discovery) -> None:
    session, locks = await opened(discovery, "one")
    keys = [f"slice/{number}" for number in range(256)]
    began = time.monotonic()
    epochs = await asyncio.gather(*[locks.acquire(key) for key in keys])
    took = time.monotonic() - began
    assert all(epochs)
    assert await locks.holders("slice/") == dict.fromkeys(keys, session.id)
    await asyncio.gather(*[locks.release(key) for key in keys])
    assert await locks.holders("slice/") == {}
    assert took < patient(5), f"{took:.2f} s; about 0.5 s on an idle machine"
