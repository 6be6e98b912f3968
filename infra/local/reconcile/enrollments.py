"""Enrollment is exactly once, round by round. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from infra.local.reconcile.records import EnrollmentRecord, MessageRecord
from infra.local.reconcile.report import Invariant, Violation


def incomplete(
    enrollments: Iterable[EnrollmentRecord], messages: Iterable[MessageRecord]
) -> Iterator[Violation]:
    """Each round has its own messages, each position once."""
    written: defaultdict[int, list[int]] = defaultdict(list)
    for message in messages:
        if message.enrollment_id is not None and not message.is_replaced:
            written[message.enrollment_id].append(message.position)
    wanted = {enrollment.id: enrollment.message_count for enrollment in enrollments}
    for number in sorted(wanted.keys() | written.keys()):
        count = wanted.get(number, 0)
        if sorted(written[number]) != list(range(1, count + 1)):
            text = f"{len(written[number])} messages, {count} wanted, each position once"
            yield Violation(Invariant.INCOMPLETE, f"enrollment {number}", text)


def wrong_rounds(enrollments: Iterable[EnrollmentRecord]) -> Iterator[Violation]:
    """A lead goes through a chain once, and once more for each re-entry."""
    rounds: defaultdict[tuple[int, int], list[EnrollmentRecord]] = defaultdict(list)
    for enrollment in enrollments:
        rounds[enrollment.sequence_id, enrollment.lead_id].append(enrollment)
    for (sequence, lead), found in rounds.items():
        found.sort(key=lambda each: each.round)
        subject = f"leads/{lead} in sequence {sequence}"
        numbers = [each.round for each in found]
        if numbers != list(range(1, len(found) + 1)):
            yield Violation(Invariant.ROUNDS, subject, f"rounds {numbers}")
        if going := [each.round for each in found[:-1] if each.goes_on]:
            yield Violation(Invariant.ROUNDS, subject, f"rounds {going} of {len(found)} still go on")
