"""The third part: cancel, temporary failures and their retry, erasure, and guards that defer a campaign."""

from collections import Counter
from collections.abc import Sequence

from infra.local.day.campaign import Campaign
from infra.local.day.context import Day
from infra.local.day.gateway_checks import WENT
from infra.local.day.lists import GUEST, REGULAR, TRAVELLER
from infra.local.day.morning import import_customers
from infra.local.day.network_behavior import behavior
from kompang.v1.leads_pb2 import Lead
from kompang.v1.messages_pb2 import Message

# One fifth of the messages is sent before the cancel.
_PART = 5
# To so many people every send fails for now, and so many have no WhatsApp.
_REFUSED, _ABSENT = 3, 2
# So many people who got two messages today are to get a third one.
_THIRDS = 3


async def afternoon(day: Day, offer: Campaign) -> None:
    """Raises DayEnded."""
    leads = await day.gateway.leads()
    await _cancel(day, _of_group(leads, REGULAR))
    party = await _bad_line(day, _of_group(leads, GUEST))
    await _erase(day)
    first = {each.lead for each in await day.gateway.messages(offer.name, *WENT)}
    second = [each.lead for each in await day.gateway.messages(party.name, *WENT) if each.lead in first]
    await _guards(day, second[:_THIRDS], _of_group(leads, TRAVELLER))


def _of_group(leads: Sequence[Lead], group: str) -> list[Lead]:
    return [lead for lead in leads if lead.attributes["group"] == group]


async def _cancel(day: Day, regulars: Sequence[Lead]) -> None:
    day.report.section("To the wrong people: cancel")
    audience = f"attributes.group = {REGULAR}"
    wrong = await Campaign.create(day, "Wrong list", "--filter", audience, *day.delay_options(len(regulars)))
    forecast = await wrong.forecast()
    opted_out = sum(each.until is None for each in day.opt_outs)
    day.report.check(
        "the forecast leaves out who wrote a stop word, but not who took it back",
        forecast.left_out.get("suppressed", 0) == opted_out,
        forecast,
    )
    await wrong.launch()
    await day.until_arrived(max(1, forecast.messages // _PART))
    day.figures.cancel_s = await wrong.cancel()
    counts = await wrong.watch()
    day.report.check(
        "a part of the messages was sent, the rest is cancelled",
        counts.total() == forecast.messages
        and counts["sent"]
        and counts["cancelled"]
        and counts.keys() <= {"sent", "cancelled", "unknown"},
        counts,
    )
    error = await wrong.resume_refused()
    one_line = error.startswith("kompang: ") and error.count("\n") == 1
    day.report.check(
        "a cancelled campaign cannot be resumed, and one line says why",
        one_line and "cancelled" in error,
        error,
    )


async def _bad_line(day: Day, guests: Sequence[Lead]) -> Campaign:
    day.report.section("Temporary failures: the failed messages are retried")
    phones = [guest.phone.lstrip("+") for guest in guests]
    refused, absent = phones[:_REFUSED], phones[_REFUSED : _REFUSED + _ABSENT]
    await day.people.set_behavior(behavior(refused=refused, absent=absent))
    day.report.say(
        f"  every send to {len(refused)} people fails for now, {len(absent)} people have no WhatsApp any more"
    )
    party = await Campaign.create(day, "Party", "--filter", f"attributes.group = {GUEST}")
    forecast = await party.forecast()
    day.report.check("the campaign is for all guests", forecast.messages == len(guests), forecast)
    await party.launch()
    counts = await party.watch()
    failed = len(refused) + len(absent)
    day.report.check(
        f"{failed} messages failed", counts == Counter(sent=len(guests) - failed, failed=failed), counts
    )
    await day.people.set_behavior(behavior(absent=absent, is_fair=True))
    day.report.say("  the line works again")
    await party.retry()
    counts = await party.watch()
    wanted = Counter(sent=len(guests) - len(absent), failed=len(absent))
    day.report.check("the retry sent what can be sent, and nothing twice", counts == wanted, counts)
    lasting = await day.gateway.messages(party.name, "failed")
    if day.report.check(
        "only the people without WhatsApp are left", len(lasting) == len(absent), len(lasting)
    ):
        result = await day.marketer.kompang("messages", "explain", lasting[0].name)
        day.report.check("the command says why", "not_on_whatsapp" in result.out)
    return party


async def _erase(day: Day) -> None:
    """The lead is erased and the stop word still counts, also when the old list is imported again."""
    day.report.section("Forget me")
    person = day.opt_outs[1]
    await day.marketer.kompang("leads", "erase", person.lead, "--yes")
    day.report.check("the lead is gone", await day.gateway.lead(person.lead) is None)
    day.report.say("\nA colleague imports the old list once more.")
    tally = await import_customers(day, "--again")
    found = (tally.created, tally.updated)
    day.report.check("the import changes no other lead", found == (1, 0), tally)
    again = [lead for lead in await day.gateway.leads() if lead.phone.lstrip("+") == person.phone]
    suppressed = [lead.suppressed for lead in again]
    day.report.check("the person is suppressed: their stop word was kept", suppressed == [True], suppressed)


async def _guards(day: Day, twice: Sequence[str], travellers: Sequence[Lead]) -> None:
    day.report.section("One message too many: the guards hold it back")
    names = [*twice, *(lead.name for lead in travellers)]
    day.marketer.write("friends.txt", "\n".join(names).encode())
    third = await Campaign.create(day, "Third today", "--leads", "friends.txt")
    await third.launch()

    async def are_held_back() -> bool:
        found = await third.pending()
        return len(found) == len(names) and all(each.reason for each in found)

    await day.until(are_held_back, "each message is held back with a reason")
    held = await third.pending()
    await _explain(day, held, "frequency_cap", "frequency cap", len(twice))
    await _explain(day, held, "quiet_hours", "quiet hours", len(travellers))
    await third.cancel_unsent()
    counts = await third.watch()
    day.report.check("no message of it was sent", counts == Counter(cancelled=len(names)), counts)


async def _explain(day: Day, held: Sequence[Message], reason: str, guard: str, count: int) -> None:
    found = [each for each in held if each.reason == reason]
    reasons = [each.reason for each in held]
    if not day.report.check(f"{count} messages wait for {reason}", len(found) == count, reasons):
        return
    result = await day.marketer.kompang("messages", "explain", found[0].name)
    lines = [line for line in result.out.splitlines() if line.startswith(guard)]
    day.report.check(f"{guard} blocks the message until a time", lines and "blocks" in lines[0], lines)
