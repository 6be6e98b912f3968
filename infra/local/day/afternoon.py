"""Three more campaigns: one that was a mistake, one on a bad line, one too many."""

from collections import Counter
from collections.abc import Sequence

from infra.local.day.campaign import Campaign
from infra.local.day.context import Day
from infra.local.day.lists import GUEST, REGULAR, TRAVELLER
from infra.local.day.morning import import_customers
from infra.local.day.simulated_people import weather
from kompang.v1.leads_pb2 import Lead
from kompang.v1.messages_pb2 import Message

_PART = 5
# To so many nothing goes for now, and so many have no WhatsApp.
_REFUSED, _ABSENT = 3, 2


async def afternoon(day: Day, offer: Campaign) -> None:
    """Raises DayEnded."""
    people = await day.desk.leads()
    await _mistake(day, _of(people, REGULAR))
    guests = _of(people, GUEST)
    party = await _bad_line(day, guests)
    await _forgotten(day)
    heard = {each.lead for each in await day.desk.messages(offer.name, "sent")}
    twice = [each.lead for each in await day.desk.messages(party.name, "sent") if each.lead in heard]
    await _one_too_many(day, twice[:3], _of(people, TRAVELLER))


def _of(people: Sequence[Lead], group: str) -> list[Lead]:
    return [lead for lead in people if lead.attributes["group"] == group]


async def _mistake(day: Day, regulars: Sequence[Lead]) -> None:
    day.story.chapter("To the wrong people: cancel")
    wrong = await Campaign.made(
        day, "Wrong list", "--filter", f"attributes.group = {REGULAR}", *day.pace(len(regulars))
    )
    told = await wrong.forecast()
    silent = sum(each.until is None for each in day.stopped)
    suppressed = told.left_out.get("suppressed", 0)
    day.story.holds("who said stop is left out, who took it back is not", suppressed == silent, told)
    await wrong.launch()
    await day.until_arrived(max(1, told.messages // _PART))
    day.figures.cancel_s = await wrong.cancel()
    counts = await wrong.watch()
    day.story.holds(
        "some of it had gone, the rest is cancelled",
        counts.total() == told.messages
        and counts["sent"]
        and counts["cancelled"]
        and counts.keys() <= {"sent", "cancelled", "unknown"},
        counts,
    )
    said = await wrong.resume_refused()
    one_line = said.startswith("kompang: ") and said.count("\n") == 1
    day.story.holds(
        "what is cancelled stays so, and one line says why", one_line and "cancelled" in said, said
    )


async def _bad_line(day: Day, guests: Sequence[Lead]) -> Campaign:
    day.story.chapter("On a bad line: what failed for now is sent again")
    phones = [guest.phone.lstrip("+") for guest in guests]
    refused, absent = phones[:_REFUSED], phones[_REFUSED : _REFUSED + _ABSENT]
    await day.street.behave(weather(refused=refused, absent=absent))
    day.story.tell(
        f"  to {len(refused)} people nothing goes for now, {len(absent)} have no WhatsApp any more"
    )
    party = await Campaign.made(day, "Party", "--filter", f"attributes.group = {GUEST}")
    told = await party.forecast()
    day.story.holds("it is for the guests", told.messages == len(guests), told)
    await party.launch()
    counts = await party.watch()
    failed = len(refused) + len(absent)
    day.story.holds(f"{failed} failed", counts == Counter(sent=len(guests) - failed, failed=failed), counts)
    await day.street.behave(weather(absent=absent, is_fair=True))
    day.story.tell("  the line is mended")
    await party.retry()
    counts = await party.watch()
    mended = Counter(sent=len(guests) - len(absent), failed=len(absent))
    day.story.holds("what could be mended is sent, and nothing twice", counts == mended, counts)
    lasting = await day.desk.messages(party.name, "failed")
    if day.story.holds("the others cannot be", len(lasting) == len(absent), len(lasting)):
        said = await day.marketer.kompang("messages", "explain", lasting[0].name)
        day.story.holds("it says why", "not_on_whatsapp" in said.out)
    return party


async def _forgotten(day: Day) -> None:
    """The person goes, the stop stays: also when the old list comes back."""
    day.story.chapter("Forget me")
    stopped = day.stopped[1]
    await day.marketer.kompang("leads", "erase", stopped.lead, "--yes")
    day.story.holds("there is no such person any more", await day.desk.lead(stopped.lead) is None)
    day.story.tell("\nSomebody imports the old list once more.")
    tally = await import_customers(day, "--again")
    found = (tally.created, tally.updated)
    day.story.holds("nobody else is touched", found == (1, 0), tally)
    back = [lead for lead in await day.desk.leads() if lead.phone.lstrip("+") == stopped.phone]
    kept = [lead.suppressed for lead in back]
    day.story.holds("and that person is not written to: the stop was kept", kept == [True], kept)


async def _one_too_many(day: Day, twice: Sequence[str], travellers: Sequence[Lead]) -> None:
    day.story.chapter("One too many: the guards hold it back")
    names = [*twice, *(lead.name for lead in travellers)]
    day.marketer.write("friends.txt", "\n".join(names).encode())
    third = await Campaign.made(day, "Third today", "--leads", "friends.txt")
    await third.launch()

    async def are_held() -> bool:
        found = await third.pending()
        return len(found) == len(names) and all(each.reason for each in found)

    await day.until(are_held, "each of them is held back with a reason")
    held = await third.pending()
    await _explained(day, held, "frequency_cap", "frequency cap", len(twice))
    await _explained(day, held, "quiet_hours", "quiet hours", len(travellers))
    await third.end()
    counts = await third.watch()
    day.story.holds("none of it went", counts == Counter(cancelled=len(names)), counts)


async def _explained(day: Day, held: Sequence[Message], reason: str, guard: str, count: int) -> None:
    found = [each for each in held if each.reason == reason]
    if not day.story.holds(f"{count} wait for {reason}", len(found) == count, [each.reason for each in held]):
        return
    said = await day.marketer.kompang("messages", "explain", found[0].name)
    lines = [line for line in said.out.splitlines() if line.startswith(guard)]
    day.story.holds(f"{guard} blocks it, until a time", lines and "blocks" in lines[0], lines)
