import time
from statistics import mean

import pytest

from shardhost.placement import placement, slice_of

SHARDS = 256


def hosts(count: int, seed: int = 0) -> list[str]:
    return [f"host-{seed}-{number}" for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 16, 50, 256, 300])
def test_every_shard_has_a_host_and_no_host_more_than_one_above_the_mean(count: int) -> None:
    placed = placement(hosts(count), SHARDS)
    assert set(placed) == set(range(SHARDS))
    loads = [list(placed.values()).count(host) for host in hosts(count)]
    assert max(loads) <= SHARDS / count + 1


def test_it_depends_on_the_set_of_hosts_alone() -> None:
    names = hosts(7)
    assert placement(names, SHARDS) == placement(reversed(names + names), SHARDS)


def test_no_hosts_no_placement() -> None:
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
    started = time.process_time()
    for _ in range(5):
        placement(names, SHARDS)
    assert (time.process_time() - started) / 5 < 0.05
