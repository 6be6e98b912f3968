"""The random source: a keyed hash of a message's id, so that the same id always makes the same text.

Block n is BLAKE2b of the id, keyed with the cluster's secret or id, with n as salt; each block is sixteen
big-endian 32-bit words. One of k is picked as word x k / 2^32: for the 10,000 alternatives that a group
may have at most, no one of them is likelier than another by more than one in 400,000.
"""

import struct
from collections.abc import Iterator
from hashlib import blake2b

_PERSON = b"kompang.text.1"
_KEY_BYTES = 64
_SALT_BYTES = 16
_WORDS = struct.Struct(">16I").unpack

Draws = Iterator[int]


def draws(key: bytes, seed: bytes) -> Draws:
    """Endless words of 32 bits for one seed; a key of more than 64 bytes is hashed to 64."""
    if len(key) > _KEY_BYTES:
        key = blake2b(key).digest()
    yield from _WORDS(blake2b(seed, key=key, person=_PERSON).digest())
    block = 1
    while True:
        salt = block.to_bytes(_SALT_BYTES, "big")
        yield from _WORDS(blake2b(seed, key=key, salt=salt, person=_PERSON).digest())
        block += 1
