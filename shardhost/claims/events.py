"""What can happen to a shard. `epoch` names the lock that an answer of dispatch belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placed:
    """The placement gives the shard to this host."""


@dataclass(frozen=True, slots=True)
class Displaced:
    """The placement gives it to another, or this host leaves."""


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """There is a live Consul session again."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """Consul ended the session, and all its locks with it."""


@dataclass(frozen=True, slots=True)
class Locked:
    """The lock is this host's."""

    epoch: int


@dataclass(frozen=True, slots=True)
class LockRefused:
    """The lock is another's; or Consul did not say (`uncertain`), and it may be ours."""

    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class LockFree:
    """Nobody has the lock any more; another may be quicker."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Consul has taken the lock back."""


@dataclass(frozen=True, slots=True)
class UnlockFailed:
    """Consul did not answer."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A stream to dispatch stands."""


@dataclass(frozen=True, slots=True)
class Detached:
    """The stream is gone, and with it the answers that were under way."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Dispatch has written the lease."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Held:
    """Another incarnation has the lease; ask again after so many seconds."""

    epoch: int
    retry: float


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody has locked the shard since."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Released:
    """Dispatch has taken the lease back."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """Dispatch says that the lease is lost."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The host's term has run out: no lease is worth anything until it is granted again."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing of the shard is in flight, and every outcome is acknowledged."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock moved on: a stage whose time is over may act."""


Event = (
    Placed
    | Displaced
    | SessionOpened
    | SessionLost
    | Locked
    | LockRefused
    | LockFree
    | Unlocked
    | UnlockFailed
    | Attached
    | Detached
    | Granted
    | Held
    | Stale
    | Released
    | Revoked
    | Lapsed
    | Idle
    | Tick
)
