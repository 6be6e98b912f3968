"""One shard as this host knows it: its stage, and what the controller is to do for it. `state` says when."""

import math
from dataclasses import dataclass
from enum import Enum

NEVER = math.inf


class Stage(Enum):
    """Where a shard is; see the diagram."""

    AWAY = "away"
    LOCKING = "locking"
    CLAIMING = "claiming"
    LEASED = "leased"
    DRAINING = "draining"
    RELEASING = "releasing"
    UNLOCKING = "unlocking"


class Action(Enum):
    """Work for the controller, to be done in the order given."""

    LOCK = "lock"  # ask Consul for the lock
    UNLOCK = "unlock"  # give the lock back
    CLAIM = "claim"  # ask dispatch for the lease
    RELEASE = "release"  # give the lease back
    SERVE = "serve"  # open sessions, give credits
    DRAIN = "drain"  # no new credits; close each session as its device falls idle
    HALT = "halt"  # as DRAIN, and what has not left the host does not leave
    CUT = "cut"  # as HALT, and what has no answer is ambiguous
    SUSPEND = "suspend"  # send nothing until served again, keep the sessions
    REVOKE = "revoke"  # send nothing, close the sessions


@dataclass(frozen=True, slots=True)
class ClaimTimeouts:
    """Seconds between tries for a lock, and for a drain before it is cut."""

    retry: float = 0.3
    drain: float = 10.0


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard as this host knows it; `epoch` is that of the latest lock."""

    stage: Stage = Stage.AWAY
    placed: bool = False
    session: bool = False
    attached: bool = False
    locked: bool = False
    claimed: bool = False
    asked: bool = False
    epoch: int = 0
    due: float = NEVER
