"""Keys and refused log-ins, as operators see them: never a secret."""

from dataclasses import dataclass
from datetime import datetime

from gateway.auth.key import ApiKey


@dataclass(frozen=True)
class MadeKey:
    """A new key: the only time that its secret is seen."""

    key: ApiKey
    account: str
    scopes: list[str]
    expires_at: datetime | None


@dataclass(frozen=True)
class ListedKey:
    """A key, known by its public id; `state` is active, expired or revoked, by the database's clock."""

    public_id: str
    account: str
    label: str
    state: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class FailedLogins:
    """How often one peer was refused for one reason; `last_public_id` is of the key that it tried last."""

    peer: str
    reason: str
    count: int
    last_public_id: str
    key_state: str
    first_at: datetime
    last_at: datetime
