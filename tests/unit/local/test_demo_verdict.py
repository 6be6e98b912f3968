"""The last line, and what it must not hide."""

import json

from infra.local.demo.verdict import Verdict
from infra.local.reconcile import Invariant, Report, Violation

KEYS = [
    "leads",
    "enrolled",
    "messages",
    "sent",
    "delivered",
    "read",
    "unknown",
    "ledger_unique",
    "ledger_repeats",
    "out_of_order",
    "pacing_violations",
    "texts_shown_exactly",
    "takeover_s",
    "seconds",
]


def verdict(*violations: Violation, takeover_s: float | None = 6.289) -> Verdict:
    states = {"sent": 8, "read": 2, "unknown": 1}
    return Verdict(3, Report(states, 2, 10, 4, violations), takeover_s, 133.77)


def test_the_last_line_has_the_agreed_keys_in_order() -> None:
    line = json.loads(verdict().to_json())

    assert list(line) == KEYS
    assert (line["messages"], line["sent"], line["unknown"], line["ledger_unique"]) == (11, 10, 1, 10)
    assert (line["takeover_s"], line["seconds"]) == (6.29, 133.8)


def test_a_run_without_violations_is_kept_and_prints_nothing() -> None:
    assert verdict().kept
    assert verdict().explain() == []


def test_the_verdict_counts_the_texts_that_were_rendered_again() -> None:
    report = Report({"sent": 5500}, 500, 5500, 4, (), shown=5500)

    lines = Verdict(500, report, 6.0, 60.0).explain()

    assert lines == ["texts rendered again, byte for byte: 5,500 of 5,500"]


def test_one_broken_promise_fails_the_run() -> None:
    broken = verdict(Violation(Invariant.PACING, "messages/7", "0.010 s"))

    assert not broken.kept
    assert json.loads(broken.to_json())["pacing_violations"] == 1
    assert any("messages/7" in line for line in broken.explain())


def test_no_takeover_is_a_broken_promise() -> None:
    assert not verdict(takeover_s=None).kept
    assert verdict(takeover_s=None).explain()
