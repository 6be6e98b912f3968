"""Pure: one condition of the hand as a verdict; and those that hold for a lead and for each message to it."""

from dataclasses import dataclass
from datetime import datetime

from gateway.explain.store import Suppressed
from kompang.v1 import explain_pb2 as pb

PASSES, BLOCKS, UNKNOWN = pb.Guard.VERDICT_PASSES, pb.Guard.VERDICT_BLOCKS, pb.Guard.VERDICT_UNKNOWN


@dataclass(frozen=True)
class Guard:
    """`passes_at`: None when it passes now, or not by itself."""

    type: pb.Guard.Type
    verdict: pb.Guard.Verdict
    detail: str
    passes_at: datetime | None = None


def restore(restored_at: datetime | None, withheld_at: datetime | None) -> Guard:
    """Of all sending, and of one lead."""
    kind = pb.Guard.TYPE_RESTORE
    if restored_at is not None:
        text = f"all sending is held since {utc(restored_at)}: the database was restored"
        return Guard(kind, BLOCKS, f"{text}; an operator releases it")
    if withheld_at is not None:
        text = "is withheld until somebody resumes the lead: a restore may have lost a stop word"
        return Guard(kind, BLOCKS, text)
    return Guard(kind, PASSES, "no restore of the database holds it")


def suppression(facts: Suppressed) -> Guard:
    """Of a person."""
    if facts.suppressed_at is None:
        return Guard(pb.Guard.TYPE_SUPPRESSION, PASSES, "the person is not suppressed")
    text = f"the person has been suppressed since {utc(facts.suppressed_at)}: {why_suppressed(facts)}"
    return Guard(pb.Guard.TYPE_SUPPRESSION, BLOCKS, text)


def why_suppressed(facts: Suppressed) -> str:
    """Says who or what suppressed a person, and what can be done where that is in doubt."""
    if facts.doubted_at is not None:
        lead = f"leads/{facts.lead_id}"
        return (
            f"the reply of {utc(facts.doubted_at)} may have been a stop; read it on the device, then confirm"
            f" it with kompang leads confirm-suppression {lead}, or undo it with kompang leads"
            f" undo-suppression {lead} (ConfirmSuppression, UndoSuppression)"
        )
    reason = facts.suppressed_by or ""
    if reason == "stop_word":
        return "they wrote a stop word"
    if facts.by_list:
        return _by_list(facts.suppressing_import, reason)
    return f"an operator suppressed them ({reason})" if reason else "an operator suppressed them"


def _by_list(import_id: int | None, reason: str) -> str:
    """A list said so; `reason` is `import: ` with the column and its cell, or what the list's owner wrote."""
    which = f"the list of imports/{import_id}" if import_id is not None else "a list"
    if reason in ("", "import"):
        return f"they stand on {which}"
    return f"{which} said so ({reason.removeprefix('import: ')})"


def utc(at: datetime) -> str:
    """For people."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
