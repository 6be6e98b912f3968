"""Sealed text: kept where others can read it, readable by the processes of the installation alone.

Authority: the key, which is derived from the root secret, so neither the database nor a copy of it has it. A
sealed text is good for its scope only: one that is moved to another row cannot be read there. What the
newest secret does not open, the older ones may, until an operator takes them away.
"""

import secrets
from typing import Self

from services.runtime.secret import RootSecret

_NONCE_BYTES = 12


class Sealing:
    """AES-256-GCM. The library is loaded with the first text: most installations seal none."""

    def __init__(self, newest: bytes, *older: bytes) -> None:
        self._keys = (newest, *older)

    @classmethod
    def of(cls, root: RootSecret, label: str) -> Self:
        """For one purpose; the same in all processes, because the root secret is."""
        return cls(*root.derived(label))

    def seal(self, text: str, scope: str) -> bytes:
        """The text, readable with the key and in this scope alone; each time another one."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded with the first text

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._keys[0]).encrypt(nonce, text.encode(), scope.encode())

    def unseal(self, sealed: bytes, scope: str) -> str:
        """The text. Raises `ValueError` for what no key of this installation sealed for this scope."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded with the first text
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded with the first text

        for key in self._keys:
            try:
                return (
                    AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], scope.encode()).decode()
                )
            except (InvalidTag, ValueError):
                continue
        raise ValueError("not sealed by this installation for this scope; was the root secret changed?")
