"""The root secret of an installation, and the keys that are derived from it, one for each purpose.

Authority: the setting (`KOMPANG_SECRET_FILE`, `KOMPANG_SECRET`), the same for all replicas. The database does
not have it, so whoever reads the database can derive nothing. A label separates the purposes: who learns one
key learns neither another one nor the root. The newest secret makes, and the older ones still read, until an
operator takes them away.
"""

import hmac
from typing import Self

from services.runtime.settings import SecretSettings

_DIGEST = "sha256"
_SPACE = b"kompang:"


class RootSecret:
    """One secret or several, the newest first; none of them is shown."""

    def __init__(self, newest: bytes, *older: bytes) -> None:
        self._roots = (newest, *older)

    @classmethod
    def of(cls, settings: SecretSettings) -> Self:
        """As the settings say; they have checked the length."""
        return cls(*(each.encode() for each in settings.secret.get_secret_value().split()))

    def derive(self, label: str) -> bytes:
        """The 32 bytes that the newest secret makes for this purpose."""
        return self.derived(label)[0]

    def derived(self, label: str) -> tuple[bytes, ...]:
        """What each secret makes for this purpose, the newest first: for reading what older ones made."""
        # The root is random in full, so that one HMAC is all of HKDF that is needed here.
        return tuple(hmac.digest(root, _SPACE + label.encode(), _DIGEST) for root in self._roots)
