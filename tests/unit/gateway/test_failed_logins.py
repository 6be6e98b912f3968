"""Log-ins that were refused, and what is written of log-ins: counted, bounded, seldom written, never lost."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.auth import allowance
from gateway.auth.failures import Failure, Failures
from gateway.auth.records import Records
from services.runtime.address import peer_of
from services.runtime.errors import Unavailable


class Writer:
    def __init__(self) -> None:
        self.uses: list[dict[int, float]] = []
        self.failed: list[tuple[str, str, str, int]] = []
        self.is_away = False

    async def note_uses(self, seconds_ago: Any) -> None:
        self._refuse()
        self.uses.append(dict(seconds_ago))

    async def count(self, failed: Any) -> None:
        self._refuse()
        self.failed += [(each.peer, each.reason, each.public_id, each.count) for each in failed]

    def _refuse(self) -> None:
        if self.is_away:
            raise Unavailable("away")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr("gateway.auth.records.time.monotonic", lambda: now.s)
    return now


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("ipv4:192.0.2.7:4711", "192.0.2.7"),
        ("ipv6:%5B::1%5D:4711", "::1"),
        ("ipv6:[2001:db8:1:2:3::4]:4711", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:192.0.2.7%5D:4711", "192.0.2.7"),
        ("ipv6:%5Bfe80::1%25eth0%5D:4711", "fe80::/64"),
        ("unix:/tmp/socket", "unix"),
        ("", "elsewhere"),
    ],
)
def test_a_peer_is_an_address_without_its_port(text: str, peer: str) -> None:
    assert peer_of(text) == peer


def test_however_many_peers_fail_from_wherever_what_is_kept_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(allowance, "_MOST_PAYERS", 50)
    failures = Failures()
    for number in range(1000):
        failures.count(f"192.0.2.{number}", Failure.UNKNOWN, f"id{number}")
        failures.spend(f"192.0.2.{number}")
    assert len(failures._soon._left) == 50
    taken = failures.take()
    assert len(taken) <= 203
    assert sum(each.count for each in taken) == 1000


def test_who_fails_often_waits_until_he_has_failed_seldom(clock: SimpleNamespace) -> None:
    failures = Failures()
    assert [failures.spend("a") for _ in range(22)] == [True] * 20 + [False] * 2
    assert failures.spend("b")
    clock.s += 1.5
    assert [failures.spend("a") for _ in range(2)] == [True, False]


async def test_a_key_is_written_once_a_minute_and_its_last_use_is_not_lost(clock: SimpleNamespace) -> None:
    writer = Writer()
    records = Records(writer, Failures())
    for second in range(130):
        if second < 100:
            records.use(7)
        await records.run_once()
        clock.s += 1
    assert writer.uses == [{7: 0.0}, {7: 0.0}, {7: 21.0}]
    assert not records._used
    clock.s += 100
    await records.run_once()
    assert not records._written


async def test_while_the_database_is_away_all_is_kept_and_one_line_is_logged(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    writer, failures = Writer(), Failures()
    records = Records(writer, failures)
    writer.is_away = True
    for _ in range(10):
        failures.count("192.0.2.7", Failure.UNKNOWN, "a1")
        records.use(7)
        with pytest.raises(Unavailable):
            await records.run_once()
    writer.is_away = False
    await records.run_once()
    assert writer.failed == [("192.0.2.7", "unknown", "a1", 10)]
    assert writer.uses == [{7: 0.0}]
    assert [record.message for record in caplog.records] == ["log-ins were refused"]
