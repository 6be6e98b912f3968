"""The offline checker: what Postgres says against what the network accepted.

`records` reads Postgres, `checker` compares (`silences`, `enrollments` and `campaigns` are its parts),
`report` is the result. Pure but for `records`; one named invariant for each promise, so that a run says which
of them was broken and by which message.
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
