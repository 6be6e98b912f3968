"""The second part: a campaign is paused and resumed, people write stop words, a host is killed."""

import time
from collections import Counter
from collections.abc import Sequence

from infra.local.day.campaign import Campaign
from infra.local.day.context import Day, OptOut
from infra.local.day.lists import GUEST, REGULAR, groups
from infra.local.demo.takeover import Takeover
from infra.local.mesh import read_leases

_STOP_WORDS = ("STOP", "Berhenti!", "*henti*", "batal.", "unsubscribe")
# One fifth of the messages is sent before the pause.
_PART = 5
# One person of so many writes a stop word, within these limits.
_PEOPLE_A_STOP, _MOST_STOPS, _LEAST_STOPS = 20, 12, 3


async def noon(day: Day) -> Campaign:
    """The campaign, finished. Raises DayEnded."""
    day.report.section("The offer goes out")
    size = groups(day.settings.leads)
    planned = size[REGULAR] + size[GUEST]
    audience = f"attributes.group = {REGULAR} OR attributes.group = {GUEST}"
    offer = await Campaign.create(day, "New menu", "--filter", audience, *day.delay_options(planned))
    forecast = await offer.forecast()
    no_consent = forecast.audience - planned
    day.report.check(
        "the forecast leaves out the leads without consent",
        (forecast.messages, forecast.left_out) == (planned, {"no consent": no_consent}) and no_consent,
        forecast,
    )
    await offer.launch()
    async with day.marketer.in_background("campaigns", "watch", offer.name) as watch:
        await day.until_arrived(planned // _PART)
        await _pause(day, offer)
        await _stop_words(day, offer)
        await _kill(day)
        await watch.end()
    counts = await offer.counts()
    stopped = len(day.opt_outs)
    wanted = Counter(sent=planned - stopped, suppressed=stopped)
    day.report.check(
        "every message was sent, except to the people who wrote a stop word",
        counts == wanted,
        f"{counts}, not {wanted}",
    )
    await _explain(day, offer)
    return offer


async def _pause(day: Day, offer: Campaign) -> None:
    day.report.section("A wrong price in the text? Pause, look, resume")
    day.figures.pause_s = await offer.pause()
    day.report.check("the campaign is paused before its end", (await offer.counts())["pending"] > 0)
    await offer.resume()
    await day.until_arrived(1)


async def _stop_words(day: Day, offer: Campaign) -> None:
    """The last people of the plan write a stop word before their message; the first of them takes it back."""
    day.report.section("People write back")
    count = min(_MOST_STOPS, max(_LEAST_STOPS, day.settings.leads // _PEOPLE_A_STOP))
    leads = {lead.name: lead for lead in await day.gateway.leads()}
    regulars = {name for name, lead in leads.items() if lead.attributes["group"] == REGULAR}
    devices = {device.name: device.phone for device in await day.gateway.devices()}
    pending = [each for each in await offer.pending() if each.lead in regulars]
    day.report.require(f"{count} people have no message yet", len(pending) >= count, len(pending))
    for place, message in enumerate(pending[-count:]):
        lead, word = leads[message.lead], _STOP_WORDS[place % len(_STOP_WORDS)]
        at = await day.people.write(lead.phone, devices[message.device], word)
        day.opt_outs.append(OptOut(lead.name, lead.phone.lstrip("+"), at))
        day.report.say(f"  {lead.display_name} writes: {word}")
    await day.until(lambda: _are_suppressed(day, day.opt_outs), "every stop word is recorded")
    day.figures.stop_s = time.time() - day.opt_outs[-1].at
    day.report.say(f"  all stop words are recorded {day.figures.stop_s:.1f} s later")
    first = day.opt_outs[0]
    lead = leads[first.lead]
    at = await day.people.write(lead.phone, devices[lead.device], "Mula")
    day.report.say(f"  {lead.display_name} wants messages again, and writes: Mula")

    async def is_restored() -> bool:
        return not await _are_suppressed(day, [first])

    await day.until(is_restored, "the start word is recorded")
    first.until = at
    suppressed = {each.lead for each in await day.gateway.messages(offer.name, "suppressed")}
    day.report.check(
        f"the campaign's messages to these {count} people are suppressed",
        {each.lead for each in day.opt_outs} <= suppressed,
    )


async def _are_suppressed(day: Day, people: Sequence[OptOut]) -> bool:
    found = [await day.gateway.lead(each.lead) for each in people]
    return all(lead is not None and lead.suppressed for lead in found)


async def _kill(day: Day) -> None:
    day.report.section("A shard host is killed")
    async with day.mesh.connection() as connection:
        leases = await read_leases(connection)
    victim, shards = Counter(leases.values()).most_common(1)[0]
    takeover = Takeover.begin(day.mesh, victim, [shard for shard, host in leases.items() if host == victim])
    day.report.say(f"  SIGKILL {victim}, which had {shards} of {len(leases)} shards")
    day.figures.takeover_s = seconds = await takeover.finished()
    day.report.check("the other hosts take its devices over", seconds is not None)
    if seconds is not None:
        day.report.say(f"  after {seconds:.1f} s")


async def _explain(day: Day, offer: Campaign) -> None:
    day.report.section("Why was this message not sent?")
    last = day.opt_outs[-1]
    suppressed = await day.gateway.messages(offer.name, "suppressed")
    own = [each for each in suppressed if each.lead == last.lead]
    if not day.report.check(
        "one message to the last person who wrote a stop word was not sent", len(own) == 1, len(own)
    ):
        return
    result = await day.marketer.kompang("messages", "explain", own[0].name)
    day.report.check("the command says that the lead is suppressed", "suppressed" in result.out)
    result = await day.marketer.kompang("leads", "explain", last.lead)
    lines = [line for line in result.out.splitlines() if line.startswith("suppression")]
    day.report.check("the explanation of the lead says the same", lines and "blocks" in lines[0], lines)
