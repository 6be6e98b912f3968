"""The random source, whose every bit is part of what hosts agree on."""

import struct
from hashlib import blake2b
from itertools import islice

from services.content.draws import draws


def test_the_words_of_a_seed():
    # These never change: a message rendered before an upgrade must be rendered alike after it.
    assert list(islice(draws(b"cluster", b"\0\0\0\0\0\0\0\1"), 3)) == GOLDEN
    digest = blake2b(
        b"\0\0\0\0\0\0\0\1", key=b"cluster", salt=b"\0" * 15 + b"\1", person=b"kompang.text.1"
    ).digest()
    assert list(islice(draws(b"cluster", b"\0\0\0\0\0\0\0\1"), 16, 32)) == list(struct.unpack(">16I", digest))


def test_key_and_seed_both_matter():
    seen = {
        tuple(islice(draws(key, seed), 40))
        for key in (b"", b"a", b"a" * 64, b"a" * 65)
        for seed in (b"", b"1", b"2")
    }
    assert len(seen) == 12


def test_blocks_differ():
    assert len(set(islice(draws(b"", b"1"), 1000))) == 1000


GOLDEN = [1738680055, 1350286854, 880912864]
