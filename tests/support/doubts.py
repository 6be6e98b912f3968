"""Doubts that stay by design, which are no broken promise."""

from infra.local.reconcile import Invariant, Records, Report, Violation


def broken(records: Records, report: Report) -> list[Violation]:
    """All violations but one kind: what may have gone to a lead who then opted out stays unknown.

    It is never repeated to find out; but the answer to a stop word is.
    """
    opted_out = {
        message.name
        for message in records.messages
        if message.suppressed_at is not None and not message.is_answer
    }
    return [
        violation
        for violation in report.violations
        if not (violation.invariant is Invariant.UNKNOWN and violation.subject in opted_out)
    ]
