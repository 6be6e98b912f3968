"""The offline checker: compares the rows of Postgres with the ledger of what the network accepted.

`report` names each promise (`Invariant`) and is the result. `records` reads Postgres, `checker` has the
checks (those of opt-outs and pauses in `silences`, of sequences in `enrollments`, of campaigns in
`campaigns`). To check a further promise, add an `Invariant`, a check, and its negative control in
`tests/unit/reconcile`. Only `records` does I/O.
"""

from infra.local.reconcile.checker import reconcile
from infra.local.reconcile.records import (
    CampaignLeadRecord,
    CampaignRecord,
    EnrollmentRecord,
    MessageRecord,
    Records,
    Silence,
    read_records,
)
from infra.local.reconcile.report import Invariant, Report, Violation
from infra.local.reconcile.silences import SILENT_S

__all__ = [
    "SILENT_S",
    "CampaignLeadRecord",
    "CampaignRecord",
    "EnrollmentRecord",
    "Invariant",
    "MessageRecord",
    "Records",
    "Report",
    "Silence",
    "Violation",
    "read_records",
    "reconcile",
]
