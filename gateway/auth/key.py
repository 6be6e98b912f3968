"""The text of an API key: `kpg_<public id>_<secret>`.

The public id finds the row; of the secret only a SHA-256 is kept. It is 256 random bits, so a plain
hash is as good as a slow one.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

# Longer than `Bearer` and the longest key: more is neither searched nor hashed.
_MOST_CHARACTERS = 256
_FORM = re.compile(r"kpg_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{16,128})", re.ASCII)


@dataclass(frozen=True)
class ApiKey:
    """Both halves of a key; the secret stays out of its repr."""

    public_id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> "ApiKey":
        """A new key, drawn at random."""
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, authorization: str) -> "ApiKey | None":
        """The key in the value of an `authorization` header, or None if there is none."""
        if len(authorization) > _MOST_CHARACTERS:
            return None
        scheme, _, text = authorization.partition(" ")
        found = _FORM.fullmatch(text.strip())
        return cls(found[1], found[2]) if found and scheme.lower() == "bearer" else None

    @property
    def text(self) -> str:
        """The whole key, which the integrator keeps; shown once."""
        return f"kpg_{self.public_id}_{self.secret}"

    @property
    def secret_hash(self) -> bytes:
        """The hash of the secret, which the database keeps."""
        return hashlib.sha256(self.secret.encode()).digest()
