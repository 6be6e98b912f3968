"""The list comes in: an account, its devices, two files from two people, a text."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from infra.local.day.context import Day
from infra.local.day.lists import LeadList, customers, walk_ins
from infra.local.day.marketer import Marketer, Said
from infra.local.day.report import Story
from infra.local.mesh import Mesh

ZONE = "Asia/Kuala_Lumpur"
MIN_DELAY, MAX_DELAY = "0.1s", "0.3s"
TEXT = "offer.txt"

_OFFER = """\
{name}, our new menu is here: {nasi lemak|mee goreng|laksa} at {RM 6|six ringgit} this week,
{only|just} in {attr.city|our shops}. {See you soon!|We would love to see you.|Come and taste it.}
Reply STOP and we will not write again.
"""
_TALLY = re.compile(
    r"([\d,]+) rows: ([\d,]+) created, ([\d,]+) updated, ([\d,]+) unchanged,"
    r" ([\d,]+) duplicate, ([\d,]+) refused"
)
_KEY = re.compile(r"API key (\S+)")
_SUPPRESSED = re.compile(r"([\d,]+) people asked not to be contacted")
# From now, on the account's clock: the day can be played at any hour, and far away it is night.
_QUIET_IN_H, _QUIET_FOR_H = 8, 8
_FIRST_DEVICE = 60_110_000_000


@dataclass(frozen=True)
class Tally:
    """What an import said."""

    rows: int
    created: int
    updated: int
    unchanged: int
    duplicate: int
    refused: int
    suppressed: int

    @classmethod
    def read(cls, story: Story, said: Said) -> "Tally":
        """Raises DayEnded when it said nothing of the sort."""
        found = story.found(_TALLY, said.out)
        rows, created, updated, unchanged, duplicate, refused = map(number, found.groups())
        suppressed = _SUPPRESSED.search(said.out)
        known = number(suppressed[1]) if suppressed else 0
        return cls(rows, created, updated, unchanged, duplicate, refused, known)


async def open_account(marketer: Marketer, mesh: Mesh) -> str:
    """An account with the guards that every new one has; its key. Raises DayEnded."""
    words = ("admin", "create-account", "warung", "--timezone", ZONE, "--country", "MY")
    owner = {"KOMPANG_POSTGRES_DSN": mesh.owner_dsn}
    said = await marketer.kompang(*words, environment=owner, hidden="API key ")
    return marketer.story.found(_KEY, said.out)[1]


async def morning(day: Day) -> None:
    """Everything that must be there before somebody is written to."""
    day.story.tell(
        "  It writes to nobody between 21:00 and 09:00 where they are, nor more than twice a day. So that\n"
        "  the day can be played at any hour, its night is put where it is not now."
    )
    await day.marketer.kompang("account", "update", "--quiet-hours", _quiet_hours())
    await _link_devices(day)
    day.story.chapter("A list from Excel, and one from a phone")
    await _import_customers(day)
    await _import_walk_ins(day)
    day.story.chapter("A text")
    day.marketer.write(TEXT, _OFFER.encode())
    reader = ("--name", "Nur Aisyah", "--attribute", "city=Ipoh", "--samples", "3")
    said = await day.marketer.kompang("preview", "--text", TEXT, *reader)
    day.story.holds(
        "the preview knows the name and the town", "Nur Aisyah" in said.out and "Ipoh" in said.out
    )


async def _link_devices(day: Day) -> None:
    phones = [f"+{_FIRST_DEVICE + number}" for number in range(1, day.settings.devices + 1)]
    delays = ("--min-delay", MIN_DELAY, "--max-delay", MAX_DELAY)
    await day.marketer.kompang("devices", "create", *phones, *delays)
    said = await day.marketer.kompang("devices", "list")
    day.story.holds("all of them are linked", said.out.count("devices/") == len(phones))


async def import_customers(day: Day, *words: str) -> Tally:
    """Import the first list, once more with `--again`. Raises DayEnded."""
    said = await day.marketer.kompang(
        *("leads", "import", customers(day.settings.leads).name),
        *("--map", "attr.city=Bandar", "--map", "attr.group=Kumpulan"),
        *("--consent", "Yes, send me offers", "--consent-source", "web form"),
        *words,
    )
    return Tally.read(day.story, said)


async def _import_customers(day: Day) -> None:
    sent = customers(day.settings.leads)
    day.marketer.write(sent.name, sent.content)
    tally = await import_customers(day)
    _check(day, sent, tally)
    day.story.tell(f"\n$ cat {sent.name}.refused.csv")
    refused = day.marketer.read(f"{sent.name}.refused.csv")
    day.story.printed(refused)
    reasons = refused.count("PHONE_")
    day.story.holds("each refused row is given back with its reason", reasons == sent.refused, reasons)
    tally = await import_customers(day, "--again")
    unchanged = (tally.created, tally.updated, tally.unchanged)
    day.story.holds("the same file again changes nothing", unchanged == (0, 0, sent.good), tally)


async def _import_walk_ins(day: Day) -> None:
    sent = walk_ins()
    day.marketer.write(sent.name, sent.content)
    said = await day.marketer.kompang("leads", "import", sent.name, "--map", "attr.group=Group")
    _check(day, sent, Tally.read(day.story, said))
    day.figures.leads = len(await day.desk.leads())
    everybody = customers(day.settings.leads).good + sent.good
    day.story.needs("everybody is there", day.figures.leads == everybody, day.figures.leads)


def _check(day: Day, sent: LeadList, tally: Tally) -> None:
    wanted = (sent.good, sent.twice, sent.refused)
    found = (tally.created, tally.duplicate, tally.refused)
    day.story.holds(
        "every row that can be used is, the others are told", found == wanted, f"{found}, not {wanted}"
    )


def _quiet_hours() -> str:
    begin = datetime.now(ZoneInfo(ZONE)) + timedelta(hours=_QUIET_IN_H)
    end = begin + timedelta(hours=_QUIET_FOR_H)
    return f"{begin:%H}:00-{end:%H}:00"


def number(text: str) -> int:
    """Of a figure as commands write it."""
    return int(text.replace(",", ""))
