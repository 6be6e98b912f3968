"""A number is new once."""

import hashlib
import random

from gateway.imports.phone_set import Seen, kept


def test_new_once_whatever_grows() -> None:
    hashes = [hashlib.sha256(str(n).encode()).digest() for n in range(200_000)]
    order = [*hashes, *hashes[::3]]
    random.Random(7).shuffle(order)
    seen, known = Seen(), set()
    for each in order:
        assert seen.add(each) == (each not in known)
        known.add(each)


def test_restored() -> None:
    hashes = [hashlib.sha256(str(n).encode()).digest() for n in range(1000)]
    seen = Seen()
    seen.restore(kept(hashes[:500]))
    assert [seen.add(each) for each in hashes] == [False] * 500 + [True] * 500
