"""The offline checker: what Postgres says against what the network accepted.

`records` reads Postgres, `checker` compares, `report` is the result. Pure but for `records`; one named
invariant for each promise, so that a run says which of them was broken and by which message.
"""

from infra.local.reconcile.checker import reconcile
from infra.local.reconcile.records import EnrollmentRecord, MessageRecord, Records, read_records
from infra.local.reconcile.report import Invariant, Report, Violation

__all__ = [
    "EnrollmentRecord",
    "Invariant",
    "MessageRecord",
    "Records",
    "Report",
    "Violation",
    "read_records",
    "reconcile",
]
