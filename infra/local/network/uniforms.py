"""Chance that depends on a key alone: the same again, in any order and at any time."""

import struct
from hashlib import blake2b

_SCALE = 2.0**-64


def uniforms(*key: object) -> tuple[float, float, float, float]:
    """Four independent numbers in [0, 1) that depend on the key alone."""
    digest = blake2b("\0".join(map(str, key)).encode(), digest_size=32).digest()
    a, b, c, d = struct.unpack("<4Q", digest)
    return a * _SCALE, b * _SCALE, c * _SCALE, d * _SCALE
