"""Pure: what a device's slot does after a verdict by which nothing goes."""

from typing import assert_never

from services.dispatch.devices.slot import Slot
from services.dispatch.hand.store import Decision
from services.dispatch.window.window import Entry
from services.message.verdict import Verdict

# A night's messages come up all at once, and each of them costs a write.
_DEFERRED_S = 0.5
# A host whose renewals are late may yet renew.
_LAPSED_S = 0.5
# A rest whose end is unknown, or far, is looked at again after this.
_LOOK_AGAIN_S = 5.0


def refuse(slot: Slot, verdict: Verdict, decision: Decision, now: float) -> None:
    """Changes the slot. Raises `ValueError` for a verdict that the caller carries out."""
    match verdict:
        case (
            Verdict.GONE
            | Verdict.SETTLED
            | Verdict.SUPPRESSED
            | Verdict.CANCELLED
            | Verdict.EXPIRED
            | Verdict.OVERTAKEN
            | Verdict.PAUSED
            | Verdict.BEHIND
            | Verdict.WAITING
        ):
            # The message is not this device's next any more; another one may be.
            slot.next = None
        case Verdict.AMBIGUOUS:
            # The policy may be to send it again: the scan must find it again.
            slot.next = slot.last = None
        case Verdict.QUIET | Verdict.FREQUENT | Verdict.NEW_CHAT | Verdict.DEFERRED | Verdict.WITHHELD:
            # The message keeps the time before which it must not go, and the scan finds it again then. The
            # device goes on to its next, but not at full speed.
            slot.next = slot.last = None
            slot.try_at = now + _DEFERRED_S
        case Verdict.BUSY:
            assert decision.in_flight_id is not None  # noqa: S101
            assert decision.in_flight_at is not None  # noqa: S101
            slot.next = Entry.of(decision.in_flight_id, decision.in_flight_at)
            # The message in flight goes first, also after an error in deciding about it.
            slot.try_at = max(slot.try_at, slot.aside_until(slot.next))
        case Verdict.PARKED | Verdict.HELD | Verdict.CAPPED | Verdict.RESTORED:
            # The device itself may not send before a time, or nobody may; its messages wait where they are.
            slot.try_at = now + min(_LOOK_AGAIN_S, decision.wait_s or _LOOK_AGAIN_S)
        case Verdict.LAPSED:
            slot.try_at = now + _LAPSED_S
        case Verdict.LATE | Verdict.PACED | Verdict.EARLY:
            # The same message: at once (`wait_s` is 0), or when its time has come.
            slot.try_at = now + decision.wait_s
        case Verdict.HAND | Verdict.LEASE:
            raise ValueError("the caller carries this verdict out")
        case _:
            assert_never(verdict)
