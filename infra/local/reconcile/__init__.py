"""The offline checker: compares the rows of Postgres with the ledger of what the network accepted.

`report` names each promise (`Invariant`) and is the result. `records` reads Postgres, `checker` has the
checks (those of opt-outs and pauses in `no_send_periods`, of sequences in `enrollments`, of campaigns in
`campaigns`). To check a further promise, add an `Invariant`, a check, and its negative control in
`tests/unit/reconcile`. Only `records` does I/O.
"""

from infra.local.reconcile.checker import reconcile
from infra.local.reconcile.no_send_periods import TAKES_EFFECT_S
from infra.local.reconcile.records import (
    CampaignLeadRecord,
    CampaignRecord,
    EnrollmentRecord,
    MessageRecord,
    NoSendPeriod,
    Records,
    read_records,
)
from infra.local.reconcile.report import Invariant, Report, Violation

__all__ = [
    "TAKES_EFFECT_S",
    "CampaignLeadRecord",
    "CampaignRecord",
    "EnrollmentRecord",
    "Invariant",
    "MessageRecord",
    "NoSendPeriod",
    "Records",
    "Report",
    "Violation",
    "read_records",
    "reconcile",
]
