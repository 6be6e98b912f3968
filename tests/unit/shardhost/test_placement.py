"""Which host has which shard."""

from collections import Counter
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardhost.placement import placement, slice_of
from tests.support.processor import assert_quick

SHARDS = 256
NAMES = st.text("abcdefghij0123456789-", min_size=1, max_size=12)


def hosts(count: int, seed: int = 0) -> list[str]:
    return [f"host-{seed}-{number}" for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 16, 50, 256, 300])
def test_every_shard_has_a_host_and_no_host_more_than_one_above_the_mean(count: int) -> None:
    placed = placement(hosts(count), SHARDS)
    assert set(placed) == set(range(SHARDS))
    assert max(Counter(placed.values()).values()) <= SHARDS / count + 1


def test_it_depends_on_the_set_of_hosts_alone() -> None:
    names = hosts(7)
    assert placement(names, SHARDS) == placement(reversed(names + names), SHARDS)


def test_without_hosts_no_shard_is_placed() -> None:
    assert placement([], SHARDS) == {}
    assert slice_of("h", [], SHARDS) == frozenset()


def test_the_slices_are_the_placement() -> None:
    names = hosts(3)
    placed = placement(names, SHARDS)
    for name in names:
        assert slice_of(name, names, SHARDS) == {s for s, owner in placed.items() if owner == name}


def test_it_does_not_change_between_versions() -> None:
    """Hosts of two versions must agree during a rolling update."""
    assert placement(["a", "b", "c"], 12) == EXPECTED


EXPECTED = dict(enumerate("bbabccaaaacc"))


@pytest.mark.parametrize(("count", "limit"), [(3, 1.0), (10, 1.3), (50, 1.5)])
def test_a_join_or_a_leave_moves_little_more_than_one_slice(count: int, limit: float) -> None:
    moves = []
    for seed in range(30):
        names = hosts(count + 1, seed)
        before, after = placement(names[:-1], SHARDS), placement(names, SHARDS)
        moves.append(sum(before[shard] != after[shard] for shard in range(SHARDS)))
    assert mean(moves) <= limit * SHARDS / count


def test_fifty_hosts_are_placed_in_fifty_milliseconds() -> None:
    names = hosts(50)
    assert_quick(lambda: placement(names, SHARDS), 0.05)


@st.composite
def meshes(draw: st.DrawFn) -> tuple[list[str], list[str], int]:
    """Live hosts, at least one; those that are away; how many shards."""
    known = draw(st.lists(NAMES, min_size=1, max_size=9, unique=True))
    live = draw(st.integers(1, len(known)))
    return known[:live], known[live:], draw(st.integers(1, 80))


@given(meshes())
@settings(max_examples=200, deadline=None)
def test_whoever_is_away_every_shard_has_a_live_host_and_none_more_than_one_above_the_mean(
    mesh: tuple[list[str], list[str], int],
) -> None:
    live, away, shards = mesh
    placed = placement(live, shards, away)
    assert set(placed) == set(range(shards))
    assert set(placed.values()) <= set(live)
    assert max(Counter(placed.values()).values()) <= shards // len(live) + 1


@given(meshes())
@settings(max_examples=200, deadline=None)
def test_whoever_is_away_the_live_hosts_keep_their_homes(mesh: tuple[list[str], list[str], int]) -> None:
    live, away, shards = mesh
    homes = placement([*live, *away], shards)
    placed = placement(live, shards, away)
    assert all(placed[shard] == home for shard, home in homes.items() if home in live)


@given(meshes())
@settings(max_examples=200, deadline=None)
def test_the_first_to_leave_moves_what_it_had_and_its_return_restores_it(
    mesh: tuple[list[str], list[str], int],
) -> None:
    live, away, shards = mesh
    known = [*live, *away]
    before = placement(known, shards)
    for leaver in known:
        others = [host for host in known if host != leaver]
        meanwhile = placement(others, shards, [leaver])
        moved = {shard for shard in meanwhile if meanwhile[shard] != before[shard]}
        assert not others or moved == {shard for shard, home in before.items() if home == leaver}
    assert placement(known, shards, []) == before


@pytest.mark.parametrize("count", [2, 3, 7, 16])
def test_a_restart_of_every_host_in_turn_moves_each_shard_away_and_home(count: int) -> None:
    names = hosts(count)
    moves = Counter[int]()
    now = placement(names, SHARDS)
    for name in names:
        for after in (placement(set(names) - {name}, SHARDS, [name]), placement(names, SHARDS)):
            moves.update(shard for shard in after if after[shard] != now[shard])
            now = after
    assert set(moves.values()) == {2}


def test_a_host_that_is_listed_as_live_and_as_away_is_live() -> None:
    assert placement(["a", "b"], 12, ["b"]) == placement(["a", "b"], 12)
    assert placement([], 12, ["a"]) == {}


def test_a_host_more_that_goes_while_another_is_away_moves_little_more_than_its_slice() -> None:
    moves = []
    for seed in range(30):
        names = hosts(10, seed)
        before = placement(names[1:], SHARDS, names[:1])
        after = placement(names[2:], SHARDS, names[:2])
        moves.append(sum(before[shard] != after[shard] for shard in range(SHARDS)))
    assert mean(moves) <= 1.6 * SHARDS / 9


def test_the_stand_ins_do_not_change_between_versions() -> None:
    assert placement(["a", "c"], 12, ["b"]) == dict(enumerate("caaaccaaaacc"))
