"""How long the place of a host that is away is kept."""

import pytest

from services.runtime.discovery import DiscoveryUnavailable, Members
from shardhost.claims.absences import Absences
from tests.unit.shardhost.fakes import Clock

KEPT_S = 600.0


class Rig:
    """Discovery, and the time."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[str, int]] = []
        self.is_away = False
        self.clock = Clock()
        self.absences = Absences(self, KEPT_S, self.clock)  # type: ignore[arg-type]

    async def forget_member(self, member: str, index: int) -> None:
        if self.is_away:
            raise DiscoveryUnavailable("away")
        self.forgotten.append((member, index))

    def seen(self, **away: int) -> None:
        self.absences.seen(Members({"h1": "session"}, 1, away))

    async def after(self, seconds: float) -> list[tuple[str, int]]:
        """Whom it has forgotten by then."""
        self.clock.now += seconds
        await self.absences.run_once()
        return self.forgotten


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_place_is_kept_for_its_time_and_no_longer(rig: Rig) -> None:
    rig.seen(h2=7)
    assert await rig.after(KEPT_S - 1) == []
    assert await rig.after(1) == [("h2", 7)]


async def test_changes_of_other_hosts_do_not_prolong_an_absence(rig: Rig) -> None:
    rig.seen(h2=7)
    assert await rig.after(KEPT_S - 1) == []
    rig.seen(h2=7, h3=9)
    assert await rig.after(1) == [("h2", 7)]


async def test_a_host_that_came_back_is_not_forgotten(rig: Rig) -> None:
    rig.seen(h2=7)
    rig.seen()
    assert await rig.after(KEPT_S) == []


async def test_one_that_came_and_went_unseen_is_away_anew(rig: Rig) -> None:
    rig.seen(h2=7)
    await rig.after(KEPT_S - 1)
    rig.seen(h2=8)
    assert await rig.after(KEPT_S - 1) == []
    assert await rig.after(1) == [("h2", 8)]


async def test_without_consul_a_host_is_forgotten_at_a_later_look(rig: Rig) -> None:
    rig.seen(h2=7)
    rig.is_away = True
    assert await rig.after(KEPT_S) == []
    rig.is_away = False
    assert await rig.after(5) == [("h2", 7)]
