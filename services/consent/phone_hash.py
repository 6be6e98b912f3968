"""What a suppression knows a person by: a keyed hash of account and number. Pure.

A plain hash of a number hides nothing, because there are few numbers: all of a country are hashed in
minutes. So the hash is an HMAC under a key that is not in the database. It ends with the id of its key. There
are as many keys as secrets: while an installation changes its secret, hashes under the older one are still
found.

The number is brought to its canonical form first (services.consent.number_forms), so that a person has one
hash whatever form of the number a list, a reply or an operator gives.

The HMAC is over the plain SHA-256 that earlier versions stored. So a stored plain hash of somebody whose
number is not known any more becomes a keyed one too (`keyed`).
"""

import hashlib
import hmac
from collections.abc import Sequence

from services.consent.number_forms import canonical, other_forms

_DIGEST = "sha256"
_ID_BYTES = 4
LENGTH = hashlib.sha256().digest_size + _ID_BYTES
"""Of a keyed hash; a plain one of earlier versions is shorter."""


class PhoneHashes:
    """Hashes under the keys of an installation, the newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        # A keyed state is copied for each number: half the cost of a new one.
        self._keys = [
            (hmac.new(key, digestmod=_DIGEST), hmac.digest(key, b"id", _DIGEST)[:_ID_BYTES]) for key in keys
        ]

    @property
    def key_id(self) -> bytes:
        """The last bytes of every hash under the newest key."""
        return self._keys[0][1]

    @property
    def key_ids(self) -> list[bytes]:
        """The last bytes of the hashes that are accepted."""
        return [key_id for _, key_id in self._keys]

    def current(self, account_id: int, phone: str) -> bytes:
        """The hash under the newest key; `phone` in E.164."""
        return self.keyed(_plain(account_id, canonical(phone)))

    def forms(self, account_id: int, phone: str) -> list[bytes]:
        """All hashes by which a person may be known, the newest first.

        Under each key and plain; and of the other forms of the number, under which earlier versions knew it.
        """
        number = canonical(phone)
        plains = [_plain(account_id, each) for each in (number, *other_forms(number))]
        return [each for plain in plains for each in self._each(plain)]

    def _each(self, plain: bytes) -> list[bytes]:
        return [*[_digest(key, plain) + key_id for key, key_id in self._keys], plain]

    def keyed(self, plain: bytes) -> bytes:
        """The hash under the newest key of what an earlier version stored."""
        key, key_id = self._keys[0]
        return _digest(key, plain) + key_id


def _digest(key: hmac.HMAC, plain: bytes) -> bytes:
    copied = key.copy()
    copied.update(plain)
    return copied.digest()


def _plain(account_id: int, phone: str) -> bytes:
    return hashlib.sha256(f"{account_id}:{phone}".encode()).digest()
