"""Pure: one condition of the hand as a verdict; and those that hold for a lead and for each message to it."""

from dataclasses import dataclass
from datetime import datetime

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


def suppression(since: datetime | None) -> Guard:
    """Of a person."""
    if since is None:
        return Guard(pb.Guard.TYPE_SUPPRESSION, PASSES, "the person is not suppressed")
    return Guard(pb.Guard.TYPE_SUPPRESSION, BLOCKS, f"the person has been suppressed since {utc(since)}")


def utc(at: datetime) -> str:
    """For people."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
