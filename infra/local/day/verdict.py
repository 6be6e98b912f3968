"""The result of a day: whether every check passed, and the figures as one JSON object."""

import json
from dataclasses import dataclass

from infra.local.day.context import Figures
from infra.local.reconcile import Report


@dataclass(frozen=True)
class Verdict:
    """The result of one day; times in seconds."""

    held: int
    broken: tuple[str, ...]
    figures: Figures
    reconciliation: Report | None
    """None: the day ended before the reconciliation."""
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether every check passed, and the reconciliation found nothing."""
        return not self.broken and self.reconciliation is not None and not self.reconciliation.violations

    def to_json(self) -> str:
        """The last line of the day."""
        reconciliation, figures = self.reconciliation, self.figures
        return json.dumps(
            {
                "leads": figures.leads,
                "messages": reconciliation.messages if reconciliation else None,
                "sent": reconciliation.sent if reconciliation else None,
                "ledger_unique": reconciliation.ledger_unique if reconciliation else None,
                "violations": len(reconciliation.violations) if reconciliation else None,
                "held": self.held,
                "broken": len(self.broken),
                "pause_s": _rounded(figures.pause_s),
                "cancel_s": _rounded(figures.cancel_s),
                "stop_s": _rounded(figures.stop_s),
                "takeover_s": _rounded(figures.takeover_s),
                "seconds": round(self.seconds, 1),
            }
        )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
