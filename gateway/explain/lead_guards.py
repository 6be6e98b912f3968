"""Pure: what holds for every message to a lead, and whether the lead is enrolled."""

from gateway.explain.guard import BLOCKS, PASSES, UNKNOWN, Guard, restore, suppression, utc
from gateway.explain.store import LeadFacts
from kompang.v1 import explain_pb2 as pb
from services.states import EnrollmentState


def lead_guards(facts: LeadFacts) -> list[Guard]:
    """Returns the guards that hold for every message to a lead."""
    restored = restore(facts.restored_at, facts.withheld_at)
    return [restored, suppression(facts), _consent(facts), _enrolled(facts)]


def _consent(facts: LeadFacts) -> Guard:
    if facts.consent_at is None and facts.refused_at is not None:
        by = f" ({facts.refused_by})" if facts.refused_by else ""
        text = (
            f"a list said no on {utc(facts.refused_at)}{by}: what is said of a whole file does not count for"
            " this person, their own later yes does"
        )
        return Guard(pb.Guard.TYPE_CONSENT, BLOCKS, text)
    if facts.consent_at is None:
        return Guard(pb.Guard.TYPE_CONSENT, BLOCKS, "no permission is recorded: it is not enrolled")
    return Guard(pb.Guard.TYPE_CONSENT, PASSES, f"permission was given at {utc(facts.consent_at)}")


def _enrolled(facts: LeadFacts) -> Guard:
    kind = pb.Guard.TYPE_ENROLLMENT
    if facts.enrollment_state == EnrollmentState.ACTIVE:
        return Guard(kind, PASSES, f"is enrolled in sequences/{facts.enrolled_in}")
    if facts.listening is not None and facts.enrolled_in is None:
        return Guard(kind, UNKNOWN, f"the next scan may enroll it in sequences/{facts.listening}")
    if facts.enrolled_in is not None:
        text = f"its enrollment in sequences/{facts.enrolled_in} is {facts.enrollment_state}"
        return Guard(kind, BLOCKS, text)
    if not facts.trigger:
        return Guard(kind, BLOCKS, "has no trigger, so no sequence takes it")
    return Guard(kind, BLOCKS, f"no active sequence listens for {facts.trigger}")
