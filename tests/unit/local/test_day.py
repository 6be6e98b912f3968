"""The day's own judgement: what does not hold is told, and ends it badly."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from infra.local.day.context import Figures, OptOut, accepted_after_opt_out
from infra.local.day.evening import check_campaign
from infra.local.day.lists import customers, groups, walk_ins
from infra.local.day.marketer import CommandResult
from infra.local.day.morning import Tally
from infra.local.day.report import DayEnded, DayReport
from infra.local.day.settings import DaySettings
from infra.local.day.verdict import Verdict
from infra.local.demo.settings import BadInput
from infra.local.network.ledger import Entry
from infra.local.reconcile import CampaignLeadRecord, Invariant, MessageRecord, Records, Report, Violation

GOOD = Report({"sent": 1}, 0, 1, 0, (), shown=1)


def verdict(*broken: str, reconciliation: Report | None = GOOD) -> Verdict:
    return Verdict(7, broken, Figures(), reconciliation, 61.0)


def test_a_day_is_kept_when_every_check_passed_to_its_end() -> None:
    assert verdict().kept
    assert not verdict("the pause is in effect").kept
    assert not verdict(reconciliation=None).kept
    violation = Violation(Invariant.LOST, "messages/1", "sent, but never accepted")
    assert not verdict(reconciliation=replace(GOOD, violations=(violation,))).kept
    line = json.loads(verdict("x").to_json())
    assert (line["held"], line["broken"], line["violations"], line["pause_s"]) == (7, 1, 0, None)


def test_a_failed_check_is_printed_and_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    report = DayReport()
    assert report.check("water is wet", passed=True)
    assert not report.check("fire is cold", passed=[], found="600 °C")
    with pytest.raises(DayEnded):
        report.require("there is a draft", None)
    with pytest.raises(DayEnded):
        report.find(re.compile("campaigns/[0-9]+"), "nothing of the sort")
    assert report.held == 1
    assert len(report.broken) == 3
    out = capsys.readouterr().out
    assert "✓ water is wet" in out
    assert "✗ DOES NOT HOLD: fire is cold: 600 °C" in out


def test_a_command_is_printed_with_the_quotes_of_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    DayReport().show_command(
        ["kompang", "campaigns", "create", "--name", "Who's new?", "--text", "@offer.txt"]
    )
    assert "$ kompang campaigns create --name 'Who'\\''s new?' --text @offer.txt\n" in capsys.readouterr().out


def test_a_long_output_is_shown_with_its_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    DayReport().show_output("\n".join(f"line {number}" for number in range(1, 101)))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 31
    assert (lines[0], lines[25], lines[-1]) == ("  line 1", "  … 70 lines left out", "  line 100")


def test_the_counts_of_an_import_are_read_from_its_output() -> None:
    text = (
        "1,307 rows: 1,000 created, 1 updated, 299 unchanged, 2 duplicate, 5 refused\n"
        "11 leads are suppressed and get no message\n"
    )
    assert Tally.read(DayReport(), CommandResult(0, text, "", 0.1)) == Tally(1307, 1000, 1, 299, 2, 5, 11)
    with pytest.raises(DayEnded):
        Tally.read(DayReport(), CommandResult(0, "kompang: no gateway answers", "", 0.1))


def test_the_lists_have_the_rows_that_they_announce() -> None:
    sent = customers(60)
    lines = sent.content.decode("utf-8-sig").split("\r\n")
    assert len(lines) == 1 + sent.good + sent.twice + sent.refused + 1
    assert sum(groups(60).values()) == sent.good == 60
    assert customers(60) == sent
    assert walk_ins().content.decode("utf-16").count("\n") == walk_ins().good


@pytest.mark.parametrize(("at", "until", "is_late"), [
    (10.0, None, True),
    (18.5, None, False),
    (10.0, 19.0, False),
    (10.0, 21.0, True),
])  # fmt: skip
def test_a_message_after_an_opt_out_is_found(at: float, until: float | None, *, is_late: bool) -> None:
    heard = [_entry("60122", 20.0), _entry("60123", 99.0)]
    stopped = [OptOut("leads/5", "60122", at, until)]
    assert accepted_after_opt_out(stopped, heard) == (["leads/5"] if is_late else [])


@pytest.mark.parametrize(("counted", "noted", "holds"), [
    ({"sent": 1}, 1, True),
    ({"sent": 2}, 1, False),
    ({"failed": 1}, 1, False),
    ({"sent": 1}, 2, False),
])  # fmt: skip
def test_a_campaign_with_wrong_counts_fails_its_check(
    counted: dict[str, int], noted: int, *, holds: bool
) -> None:
    message = MessageRecord(1, "sent", "60111", "60122", "3EB0", 1.0, 5, campaign_id=4)
    noted_leads = [CampaignLeadRecord(4, lead, lead) for lead in range(noted)]
    report = DayReport()
    check_campaign(report, Records([message], [], [], noted_leads), "campaigns/4", Counter(counted))
    assert bool(report.held) is holds
    assert bool(report.broken) is not holds


def test_the_size_of_the_day_is_read_from_the_environment() -> None:
    assert DaySettings.read({}) == DaySettings(300, 12, 3)
    assert DaySettings.read({"DAY_LEADS": "24", "DAY_DEVICES": "2", "DAY_HOSTS": "4"}) == DaySettings(
        24, 2, 4
    )


@pytest.mark.parametrize(("name", "value"), [("DAY_LEADS", "23"), ("DAY_DEVICES", "1"), ("DAY_HOSTS", "one")])
def test_an_impossible_size_is_refused_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        DaySettings.read({name: value})


def _entry(recipient: str, at: float) -> Entry:
    return Entry(1, at, at, "60111", 1, 7, "host-1", recipient, "3EB0", "00ff", repeat=False)
