"""How much came beside bodies: who is cut off, and who is not."""

from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace

import pytest

from gateway.auth import volumes
from gateway.auth.volumes import Volumes
from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.sockets import CallerSockets, OwnSocket

MIB = 1024 * 1024
OWN = [OwnSocket(n, n, Endpoint("192.0.2.7", n)) for n in range(4)]


class Told(CallerSockets):
    """Connections of which is told how much came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(0)
        self.came = dict.fromkeys(OWN, 0)
        self.cut: list[OwnSocket] = []
        monkeypatch.setattr(sockets, "received", self.came.__getitem__)
        monkeypatch.setattr(sockets, "cut", self.cut.append)

    def look(self) -> list[OwnSocket]:
        return OWN


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def payer_of(at: Endpoint) -> int | str:
    """The first two are of one key."""
    return 1 if at.port < 2 else "192.0.2.7"


def looked(own: Volumes, told: Told) -> Sequence[int | str]:
    return own.look(told, payer_of)


def test_bodies_that_were_read_count_for_nothing(told: Told) -> None:
    own = Volumes()
    for n in range(1, 20):
        # The second half of a body may come after a look.
        told.came[OWN[0]] = n * 10 * MIB + 4 * MIB
        own.took("ipv4:192.0.2.7:0", 10 * MIB)
        assert not looked(own, told)
    assert not told.cut


@pytest.mark.parametrize(("at", "allowed"), [(0, volumes._OF_KEY), (2, volumes._OF_STRANGERS)])
def test_what_is_more_is_allowed_up_to_a_bound_and_only_its_connection_is_cut(
    told: Told, at: int, allowed: volumes.Allowed
) -> None:
    own = Volumes()
    told.came[OWN[at]] = allowed.burst
    assert not looked(own, told)
    told.came[OWN[at]] += allowed.burst // 4
    # An honest one of the same payer, after its hello and some calls.
    told.came[OWN[at + 1]] = 4000
    assert looked(own, told) == [payer_of(OWN[at].caller)]
    assert told.cut == [OWN[at]]


def test_little_for_long_is_not_much(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("gateway.auth.volumes.time", SimpleNamespace(monotonic=lambda: now[0]))
    own = Volumes()
    assert not looked(own, told)
    # Nobody looks for an hour, while the process has little to do.
    now[0] += 3600
    told.came[OWN[0]] = 3600 * 500 * 200
    assert not looked(own, told)


def test_what_is_kept_of_payers_is_bounded(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "_MOST_PAYERS", 10)
    own = Volumes()
    numbers = count()
    for _ in range(100):
        own.look(told, lambda _: next(numbers))
    assert len(own._used) == 10
    own.took("unix:", 5)
    assert not looked(own, told)
