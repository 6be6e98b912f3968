"""The result of a run: whether every promise was kept, and the figures as one JSON object."""

import json
from dataclasses import dataclass

from infra.local.reconcile import Invariant, Report

_EXAMPLES = 5


@dataclass(frozen=True)
class Verdict:
    """The result of one run; times in seconds."""

    leads: int
    report: Report
    takeover_s: float | None
    """None: the other hosts did not take the work over."""
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not self.report.violations and self.takeover_s is not None

    def explain(self) -> list[str]:
        """How many texts were rendered again; then each broken promise with a few examples."""
        lines = []
        if self.report.shown is not None:
            lines.append(
                f"texts rendered again, byte for byte: {self.report.shown:,} of {self.report.ledger_unique:,}"
            )
        for invariant, count in self.report.broken.items():
            lines.append(f"BROKEN, {count} times: {invariant}")
            examples = [each for each in self.report.violations if each.invariant is invariant]
            lines += [f"  {each}" for each in examples[:_EXAMPLES]]
        if self.takeover_s is None:
            lines.append("BROKEN: the other hosts take over the devices of the killed host")
        return lines

    def to_json(self) -> str:
        """The last line of the demo."""
        report = self.report
        return json.dumps(
            {
                "leads": self.leads,
                "enrolled": report.enrolled,
                "messages": report.messages,
                "sent": report.sent,
                "delivered": report.states.get("delivered", 0),
                "read": report.states.get("read", 0),
                "unknown": report.states.get("unknown", 0),
                "ledger_unique": report.ledger_unique,
                "ledger_repeats": report.ledger_repeats,
                "out_of_order": report.count(Invariant.ORDER),
                "pacing_violations": report.count(Invariant.PACING),
                "texts_shown_exactly": report.shown,
                "takeover_s": None if self.takeover_s is None else round(self.takeover_s, 2),
                "seconds": round(self.seconds, 1),
            }
        )
