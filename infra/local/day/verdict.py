"""How a day ended: the figures as one JSON object, and whether something did not hold."""

import json
from dataclasses import dataclass

from infra.local.day.context import Figures
from infra.local.reconcile import Report


@dataclass(frozen=True)
class Verdict:
    """The end of one day; times in seconds."""

    held: int
    broken: tuple[str, ...]
    figures: Figures
    report: Report | None
    """None: it did not come to the reconciliation."""
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether everything held, to the end of the day."""
        return not self.broken and self.report is not None and not self.report.violations

    def to_json(self) -> str:
        """The last line of the day."""
        report, figures = self.report, self.figures
        return json.dumps(
            {
                "leads": figures.leads,
                "messages": report.messages if report else None,
                "sent": report.sent if report else None,
                "ledger_unique": report.ledger_unique if report else None,
                "violations": len(report.violations) if report else None,
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
