"""The simulated network's limit on new chats."""

from infra.local.network.chats import Chats
from kompang.simulation.v1 import behavior_pb2 as pb

LIMIT = pb.NewChats(most=2, window_ms=10_000, hold_ms=60_000)


def write(chats: Chats, person: str, now: float, device: str = "60111") -> int | None:
    """What is left of the lock in milliseconds where the network refuses; else it takes the message."""
    why = chats.refusal(LIMIT, device, person, now)
    if why is None:
        chats.taken(device, person, now)
        return None
    assert why.failure == pb.FAILURE_REACH_OUT_LIMIT
    return why.hold_ms


def test_a_device_that_begins_too_many_chats_is_locked_and_its_chats_go_on():
    chats = Chats()
    assert [write(chats, person, 0.0) for person in ("1", "2", "3")] == [None, None, 60_000]
    assert [write(chats, person, 20.0) for person in ("1", "2", "3")] == [None, None, 40_000]
    assert write(chats, "3", 60.0) is None
    assert write(chats, "4", 61.0) is None
    assert write(chats, "5", 62.0) == 60_000


def test_the_limit_is_of_a_window_and_of_a_device():
    chats = Chats()
    assert [write(chats, person, 6.0 * n) for n, person in enumerate("1234")] == [None] * 4
    assert [write(chats, person, 0.0, device="60112") for person in "12"] == [None] * 2


def test_who_wrote_first_has_a_chat():
    chats = Chats()
    chats.opened("60111", "3")
    assert [write(chats, person, 0.0) for person in ("1", "2", "3", "4")] == [None, None, None, 60_000]


def test_without_a_window_there_is_no_limit():
    assert Chats().refusal(pb.NewChats(most=0), "60111", "1", 0.0) is None
