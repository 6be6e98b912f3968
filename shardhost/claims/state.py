"""The life of one shard on one host, as a pure function: (shard, event, now) → (shard, actions).

    AWAY ──placed──▶ LOCKING ──locked──▶ CLAIMING ──granted──▶ LEASED
     ▲                  ▲                 │ ▲ │                │ │
     │                  │                 │ │ └───┐            │ │
     │           placed │           stale │ └─────┼─held,──────┘ │
     │                  │                 ▼       │  lapsed      │
     └─────not placed───┴──────────── UNLOCKING   │              │
                                          ▲       │ displaced,   │ displaced,
                                          │       │ session lost,│ session lost,
                          released, stale │       ▼ revoked      │ revoked
                       ┌──────────────────┘    DRAINING ◀────────┘
                   RELEASING ◀──────idle───────────┘
                                (placed again: back to CLAIMING)

- LOCKING    placed here; asks Consul for the lock, again when it is free, and now and then.
- CLAIMING   the lock is held; asks dispatch for the lease, again after HELD.
- LEASED     the lease is held: sessions are open, messages are sent, while the host's term lasts.
- DRAINING   takes nothing new; what is in flight is finished and its outcomes are acknowledged. At the
             bound it is cut: what has no answer by then is reported as ambiguous.
- RELEASING  nothing is in flight any more; gives the lease back.
- UNLOCKING  gives the lock back.

Three rules keep it safe whatever the order of events. Only an answer GRANTED leads to serving. A lease
that was ever asked for (`claimed`) is given back before the lock is, unless dispatch answered that its epoch
is stale; a lapsed one too, since the next attach would bring it to life again with the host's term; a revoked
one, since where dispatch is mistaken the term would keep alive a lease that nobody uses; and one that is said
to be another's (HELD): a claim of an earlier stream may be granted behind the one that was refused.
Answers that name another epoch belong to an earlier life of the shard and change nothing.

`asked` says that an answer is under way: from Consul in LOCKING and UNLOCKING, from dispatch elsewhere.
`due` is when a tick does something: asks again, or cuts. Times are seconds on any one clock.
"""

from collections.abc import Callable
from dataclasses import replace

from shardhost.claims.events import (
    Attached,
    Detached,
    Displaced,
    Event,
    Granted,
    Held,
    Idle,
    Lapsed,
    Locked,
    LockFree,
    LockRefused,
    Placed,
    Released,
    Revoked,
    SessionLost,
    SessionOpened,
    Stale,
    Tick,
    Unlocked,
    UnlockFailed,
)
from shardhost.claims.shard import NEVER, Action, ClaimTimeouts, Shard, Stage

Step = tuple[Shard, tuple[Action, ...]]


def step(shard: Shard, event: Event, now: float, timeouts: ClaimTimeouts) -> Step:
    """The shard after the event, and the actions. An event that means nothing here changes nothing."""
    match event:
        case Placed() | Displaced():
            shard = replace(shard, placed=isinstance(event, Placed))
        case SessionOpened() | SessionLost():
            lost = isinstance(event, SessionLost)
            shard = replace(shard, session=not lost, locked=shard.locked and not lost)
        case Attached() | Detached():
            shard = replace(shard, attached=isinstance(event, Attached))
        case Granted() | Held() | Stale() | Released() if event.epoch != shard.epoch:
            return shard, ()
    return _STAGES[shard.stage](shard, event, now, timeouts)


def _away(shard: Shard, event: Event, _now: float, _timeouts: ClaimTimeouts) -> Step:
    return _start(shard) if isinstance(event, Placed | SessionOpened) else (shard, ())


def _locking(shard: Shard, event: Event, now: float, timeouts: ClaimTimeouts) -> Step:  # noqa: PLR0911 - a row an event
    match event:
        case Locked(epoch):
            held = replace(shard, locked=True, claimed=False, epoch=epoch)
            return _claim(held) if shard.placed else _unlock(held)
        case LockRefused(uncertain):
            if not shard.placed:
                return _unlock(shard) if uncertain else _start(shard)
            return replace(shard, asked=False, due=now + timeouts.retry), ()
        case Displaced() if not shard.asked:
            # An earlier try whose answer was lost may have succeeded.
            return _unlock(shard)
        case SessionLost():
            return _start(shard)
        case SessionOpened():
            return _start(shard)
        case LockFree() if not shard.asked and shard.session:
            return replace(shard, asked=True, due=NEVER), (Action.LOCK,)
        case Tick() if not shard.asked and now >= shard.due and shard.session:
            return replace(shard, asked=True, due=NEVER), (Action.LOCK,)
    return shard, ()


def _claiming(shard: Shard, event: Event, now: float, timeouts: ClaimTimeouts) -> Step:  # noqa: PLR0911 - a row an event
    match event:
        case Granted():
            return replace(shard, stage=Stage.LEASED, asked=False, due=NEVER), (Action.SERVE,)
        case Held(_, retry):
            return replace(shard, asked=False, due=now + retry), (Action.REVOKE,)
        case Stale():
            return _unlock(replace(shard, claimed=False), Action.REVOKE)
        case Displaced() | SessionLost() | Revoked():
            # Halted: what is in hand from before a lapse must not go without a lease.
            return _drain(shard, Action.HALT, now, timeouts)
        case Lapsed():
            return shard, (Action.SUSPEND,)
        case Attached():
            return _claim(shard)
        case Detached():
            return replace(shard, asked=False, due=NEVER), ()
        case Tick() if not shard.asked and now >= shard.due:
            return _claim(shard)
    return shard, ()


def _leased(shard: Shard, event: Event, now: float, timeouts: ClaimTimeouts) -> Step:  # noqa: PLR0911 - a row an event
    match event:
        case Granted():
            return replace(shard, asked=False), (Action.SERVE,)
        case Held(_, retry):
            away = replace(shard, stage=Stage.CLAIMING, asked=False, due=now + retry)
            return away, (Action.REVOKE,)
        case Stale():
            return _unlock(replace(shard, claimed=False), Action.REVOKE)
        case Lapsed():
            return _claim(shard, Action.SUSPEND)
        case Displaced():
            return _drain(shard, Action.DRAIN, now, timeouts)
        case SessionLost() | Revoked():
            return _drain(shard, Action.HALT, now, timeouts)
        case Attached():
            return replace(shard, asked=True), (Action.CLAIM,)
        case Detached():
            return replace(shard, asked=False), ()
    return shard, ()


def _draining(shard: Shard, event: Event, now: float, _timeouts: ClaimTimeouts) -> Step:  # noqa: PLR0911 - a row an event
    match event:
        case Idle():
            return _release(shard)
        case Placed() if shard.locked:
            return _claim(shard)
        case Stale():
            return _unlock(replace(shard, claimed=False), Action.REVOKE)
        case Held():
            return replace(shard, asked=False), (Action.HALT,)
        case SessionLost() | Lapsed() | Revoked():
            return shard, (Action.HALT,)
        case Attached():
            return replace(shard, asked=True), (Action.CLAIM,)
        case Granted() | Detached():
            return replace(shard, asked=False), ()
        case Tick() if now >= shard.due:
            return replace(shard, due=NEVER), (Action.CUT,)
    return shard, ()


def _releasing(shard: Shard, event: Event, _now: float, _timeouts: ClaimTimeouts) -> Step:
    match event:
        case Released() | Stale():
            return _unlock(replace(shard, claimed=False), Action.REVOKE)
        case Attached():
            return replace(shard, asked=True), (Action.RELEASE,)
        case Detached():
            return replace(shard, asked=False), ()
    return shard, ()


def _unlocking(shard: Shard, event: Event, now: float, timeouts: ClaimTimeouts) -> Step:
    match event:
        case Unlocked() if shard.placed:
            # Not at once: a lease refused as stale may be refused again, and the repeats would load Consul.
            free = replace(shard, locked=False, claimed=False)
            return replace(free, stage=Stage.LOCKING, asked=False, due=now + timeouts.retry), ()
        case Unlocked() | SessionLost():
            return _start(replace(shard, locked=False))
        case UnlockFailed():
            return replace(shard, asked=False, due=now + timeouts.retry), ()
        case Tick() if not shard.asked and now >= shard.due:
            return replace(shard, asked=True, due=NEVER), (Action.UNLOCK,)
    return shard, ()


_STAGES: dict[Stage, Callable[[Shard, Event, float, ClaimTimeouts], Step]] = {
    Stage.AWAY: _away,
    Stage.LOCKING: _locking,
    Stage.CLAIMING: _claiming,
    Stage.LEASED: _leased,
    Stage.DRAINING: _draining,
    Stage.RELEASING: _releasing,
    Stage.UNLOCKING: _unlocking,
}


def _start(shard: Shard) -> Step:
    """Begin anew, with nothing held."""
    shard = replace(shard, claimed=False, asked=False, due=NEVER)
    if not shard.placed:
        return replace(shard, stage=Stage.AWAY), ()
    if not shard.session:
        return replace(shard, stage=Stage.LOCKING), ()
    return replace(shard, stage=Stage.LOCKING, asked=True), (Action.LOCK,)


def _claim(shard: Shard, *before: Action) -> Step:
    """Ask for the lease now, or at the next attach."""
    asks = shard.attached
    claimed = shard.claimed or asks
    shard = replace(shard, stage=Stage.CLAIMING, claimed=claimed, asked=asks, due=NEVER)
    return shard, (*before, Action.CLAIM) if asks else before


def _drain(shard: Shard, how: Action, now: float, timeouts: ClaimTimeouts) -> Step:
    """Finish what is in flight; where the lease was never asked for, there can be nothing."""
    if not shard.claimed:
        return _unlock(shard, Action.REVOKE)
    return replace(shard, stage=Stage.DRAINING, due=now + timeouts.drain), (how,)


def _release(shard: Shard) -> Step:
    """Give the lease back now, or at the next attach."""
    asks = shard.attached
    shard = replace(shard, stage=Stage.RELEASING, asked=asks, due=NEVER)
    return shard, (Action.RELEASE,) if asks else ()


def _unlock(shard: Shard, *before: Action) -> Step:
    """Give the lock back; where the session took it along, there is none to give."""
    if not shard.session:
        after, actions = _start(replace(shard, locked=False))
        return after, (*before, *actions)
    return replace(shard, stage=Stage.UNLOCKING, asked=True, due=NEVER), (*before, Action.UNLOCK)
