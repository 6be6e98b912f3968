"""Which host should run which shard: a pure function of the hosts that are alive.

Every host computes it for itself and nobody has to agree: the lock and the lease decide, so two hosts
that see different members for a moment only ask for the same shards.

Rendezvous hashing: each (shard, host) pair has a score of its own, and the best pairs are taken first
until a host is full. Full means one above the mean, rounded down. Plain rendezvous hashing would load
the fullest host with 1.4 times the mean at 256 shards on 10 hosts, and 2 times on 50.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

_SCORE_BYTES = 8
_SCORES_A_DIGEST = blake2b.MAX_DIGEST_SIZE // _SCORE_BYTES


def placement(hosts: Iterable[str], shards: int) -> Mapping[int, str]:
    """Shard → host for every shard; empty when there are no hosts.

    No host gets more than shards ÷ hosts + 1. A join or a leave moves little more than the slice of
    the host that came or went (measured over random names: 1.05 to 1.7 times that slice).
    """
    alive = sorted(set(hosts))
    if not alive:
        return {}
    cap = shards // len(alive) + 1
    owners: dict[int, str] = {}
    room = dict.fromkeys(alive, cap)
    pairs = [(score, shard, host) for host in alive for shard, score in _scores(host, shards)]
    pairs.sort(reverse=True)
    for _, shard, host in pairs:
        if shard not in owners and room[host]:
            owners[shard] = host
            room[host] -= 1
    return owners


def slice_of(host: str, hosts: Iterable[str], shards: int) -> frozenset[int]:
    """The shards that `host` should run."""
    return frozenset(shard for shard, owner in placement(hosts, shards).items() if owner == host)


def _scores(host: str, shards: int) -> Iterator[tuple[int, bytes]]:
    """Eight scores are cut from each digest: hashing is what costs here."""
    key = blake2b(host.encode(), digest_size=blake2b.MAX_KEY_SIZE).digest()
    for first in range(0, shards, _SCORES_A_DIGEST):
        digest = blake2b(first.to_bytes(4, "big"), key=key).digest()
        for offset in range(min(_SCORES_A_DIGEST, shards - first)):
            yield first + offset, digest[offset * _SCORE_BYTES : (offset + 1) * _SCORE_BYTES]
