"""The first part: an account, its devices, two lead lists, a text."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from infra.local.day.context import Day
from infra.local.day.lists import OFFER, LeadList, customers, walk_ins
from infra.local.day.marketer import CommandResult, Marketer, read_number
from infra.local.day.report import DayReport
from infra.local.mesh import Mesh

ZONE = "Asia/Kuala_Lumpur"
MIN_DELAY, MAX_DELAY = "0.1s", "0.3s"

_OFFER_TEXT = """\
{name}, our new menu is here: {nasi lemak|mee goreng|laksa} at {RM 6|six ringgit} this week,
{only|just} in {attr.city|our shops}. {See you soon!|We would love to see you.|Come and taste it.}
Reply STOP and we will not write again.
"""
_TALLY = re.compile(
    r"([\d,]+) rows: ([\d,]+) created, ([\d,]+) updated, ([\d,]+) unchanged,"
    r" ([\d,]+) duplicate, ([\d,]+) refused"
)
_KEY = re.compile(r"API key (\S+)")
_SUPPRESSED = re.compile(r"([\d,]+) leads are suppressed")
# The quiet hours begin so many hours from now, so that the day can be played at any hour; it is night where
# the travellers are.
_QUIET_IN_H, _QUIET_FOR_H = 8, 8
_FIRST_DEVICE = 60_110_000_000


@dataclass(frozen=True)
class Tally:
    """The counts that `leads import` prints."""

    rows: int
    created: int
    updated: int
    unchanged: int
    duplicate: int
    refused: int
    suppressed: int

    @classmethod
    def read(cls, report: DayReport, result: CommandResult) -> "Tally":
        """Raises DayEnded when the command printed no counts."""
        found = report.find(_TALLY, result.out)
        rows, created, updated, unchanged, duplicate, refused = map(read_number, found.groups())
        suppressed = _SUPPRESSED.search(result.out)
        known = read_number(suppressed[1]) if suppressed else 0
        return cls(rows, created, updated, unchanged, duplicate, refused, known)


async def create_account(marketer: Marketer, mesh: Mesh) -> str:
    """Create an account with the guards that every new one has; its API key. Raises DayEnded."""
    words = ("admin", "create-account", "warung", "--timezone", ZONE, "--country", "MY")
    owner = {"KOMPANG_POSTGRES_DSN": mesh.owner_dsn}
    result = await marketer.kompang(*words, environment=owner, hidden="API key ")
    return marketer.report.find(_KEY, result.out)[1]


async def morning(day: Day) -> None:
    """Prepare everything that a campaign needs. Raises DayEnded."""
    day.report.say(
        "  A new account writes to nobody between 21:00 and 09:00 of their time, and at most twice a day.\n"
        "  This script moves the quiet hours away from now, so that it can run at any hour."
    )
    await day.marketer.kompang("account", "update", "--quiet-hours", _quiet_hours())
    await _link_devices(day)
    day.report.section("A list from Excel, and one from a phone")
    await _import_customers(day)
    await _import_walk_ins(day)
    day.report.section("A text")
    day.marketer.write(OFFER, _OFFER_TEXT.encode())
    reader = ("--name", "Nur Aisyah", "--attribute", "city=Ipoh", "--samples", "3")
    result = await day.marketer.kompang("preview", "--text", OFFER, *reader)
    day.report.check(
        "the preview shows the name and the town", "Nur Aisyah" in result.out and "Ipoh" in result.out
    )


async def _link_devices(day: Day) -> None:
    phones = [f"+{_FIRST_DEVICE + number}" for number in range(1, day.settings.devices + 1)]
    delays = ("--min-delay", MIN_DELAY, "--max-delay", MAX_DELAY)
    await day.marketer.kompang("devices", "create", *phones, *delays)
    result = await day.marketer.kompang("devices", "list")
    day.report.check("all devices are linked", result.out.count("devices/") == len(phones))


async def import_customers(day: Day, *words: str) -> Tally:
    """Import the first list, once more with `--again`. Raises DayEnded."""
    result = await day.marketer.kompang(
        *("leads", "import", customers(day.settings.leads).name),
        *("--map", "attr.city=Bandar", "--map", "attr.group=Kumpulan"),
        *("--consent", "Yes, send me offers", "--consent-source", "web form"),
        *words,
    )
    return Tally.read(day.report, result)


async def _import_customers(day: Day) -> None:
    sent = customers(day.settings.leads)
    day.marketer.write(sent.name, sent.content)
    tally = await import_customers(day)
    _check(day, sent, tally)
    day.report.say(f"\n$ cat {sent.name}.refused.csv")
    refused = day.marketer.read(f"{sent.name}.refused.csv")
    day.report.show_output(refused)
    reasons = refused.count("PHONE_")
    day.report.check("each refused row is in the file with its reason", reasons == sent.refused, reasons)
    tally = await import_customers(day, "--again")
    unchanged = (tally.created, tally.updated, tally.unchanged)
    day.report.check("the same file again changes nothing", unchanged == (0, 0, sent.good), tally)


async def _import_walk_ins(day: Day) -> None:
    sent = walk_ins()
    day.marketer.write(sent.name, sent.content)
    result = await day.marketer.kompang("leads", "import", sent.name, "--map", "attr.group=Group")
    _check(day, sent, Tally.read(day.report, result))
    everybody = customers(day.settings.leads).good + sent.good
    count = day.figures.leads = len(await day.gateway.leads())
    day.report.require("every row that can be used is a lead", count == everybody, count)


def _check(day: Day, sent: LeadList, tally: Tally) -> None:
    wanted = (sent.good, sent.twice, sent.refused)
    found = (tally.created, tally.duplicate, tally.refused)
    day.report.check(
        "the command counts the rows that it used, the duplicates and the refused rows",
        found == wanted,
        f"{found}, not {wanted}",
    )


def _quiet_hours() -> str:
    begin = datetime.now(ZoneInfo(ZONE)) + timedelta(hours=_QUIET_IN_H)
    end = begin + timedelta(hours=_QUIET_FOR_H)
    return f"{begin:%H}:00-{end:%H}:00"
