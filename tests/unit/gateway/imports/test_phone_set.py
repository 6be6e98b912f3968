"""A number is new once."""

import hashlib
import random

from gateway.imports.rows.phone_set import PhoneSet, packed


def test_new_once_whatever_grows() -> None:
    hashes = [hashlib.sha256(str(n).encode()).digest() for n in range(200_000)]
    order = [*hashes, *hashes[::3]]
    random.Random(7).shuffle(order)
    seen, known = PhoneSet(), set()
    for each in order:
        assert seen.add(each) == (each not in known)
        known.add(each)


def test_hashes_that_were_packed_are_known() -> None:
    hashes = [hashlib.sha256(str(n).encode()).digest() for n in range(1000)]
    seen = PhoneSet()
    seen.add_packed(packed(hashes[:500]))
    assert [seen.add(each) for each in hashes] == [False] * 500 + [True] * 500
