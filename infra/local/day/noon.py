"""The campaign that matters: a pause in the middle, people who say stop, a host that dies."""

import time
from collections import Counter
from collections.abc import Sequence

from infra.local.day.campaign import Campaign
from infra.local.day.context import Day, Stopped
from infra.local.day.lists import GUEST, REGULAR, groups
from infra.local.demo.takeover import Takeover
from infra.local.mesh import read_leases

_WORDS = ("STOP", "Berhenti!", "*henti*", "batal.", "unsubscribe")
# Of all messages, before something is done to the campaign; and of all people, who say stop.
_PART = 5
_STOPS, _MOST_STOPS = 20, 12
_LEAST_STOPS = 3


async def noon(day: Day) -> Campaign:
    """To its end. Raises DayEnded."""
    day.story.chapter("The offer goes out")
    size = groups(day.settings.leads)
    meant = size[REGULAR] + size[GUEST]
    audience = f"attributes.group = {REGULAR} OR attributes.group = {GUEST}"
    offer = await Campaign.made(day, "New menu", "--filter", audience, *day.pace(meant))
    told = await offer.forecast()
    no_consent = told.audience - meant
    day.story.holds(
        "the forecast leaves out who never agreed",
        (told.messages, told.left_out) == (meant, {"no consent": no_consent}) and no_consent,
        told,
    )
    await offer.launch()
    async with day.marketer.beside("campaigns", "watch", offer.name) as watch:
        await day.until_arrived(meant // _PART)
        await _pause(day, offer)
        await _stops(day, offer)
        await _kill(day)
        await watch.end()
    counts = await offer.counts()
    wanted = Counter(sent=meant - len(day.stopped), suppressed=len(day.stopped))
    day.story.holds("all of it went, but to who said stop", counts == wanted, f"{counts}, not {wanted}")
    await _explain(day, offer)
    return offer


async def _pause(day: Day, offer: Campaign) -> None:
    day.story.chapter("A typing error in the price? Pause, look, resume")
    day.figures.pause_s = await offer.pause()
    day.story.holds("it is paused in the middle", (await offer.counts())["pending"] > 0)
    await offer.resume()
    await day.until_arrived(1)


async def _stops(day: Day, offer: Campaign) -> None:
    """Of those who hear last: they say stop because others told them, before they hear at all."""
    day.story.chapter("People write back")
    count = min(_MOST_STOPS, max(_LEAST_STOPS, day.settings.leads // _STOPS))
    people = {lead.name: lead for lead in await day.desk.leads()}
    regulars = {name for name, lead in people.items() if lead.attributes["group"] == REGULAR}
    devices = {entry.name: entry.phone for entry in await day.desk.devices()}
    pending = [each for each in await offer.pending() if each.lead in regulars]
    day.story.needs(f"{count} people have not heard yet", len(pending) >= count, len(pending))
    for place, message in enumerate(pending[-count:]):
        lead, word = people[message.lead], _WORDS[place % len(_WORDS)]
        at = await day.street.write(lead.phone, devices[message.device], word)
        day.stopped.append(Stopped(lead.name, lead.phone.lstrip("+"), at))
        day.story.tell(f"  {lead.display_name} writes: {word}")
    await day.until(lambda: _are_suppressed(day, day.stopped), "every stop word is recorded")
    day.figures.stop_s = time.time() - day.stopped[-1].at
    day.story.tell(f"  {day.figures.stop_s:.1f} s later all of them are known")
    first = day.stopped[0]
    at = await day.street.write(people[first.lead].phone, devices[people[first.lead].device], "Mula")
    day.story.tell(f"  {people[first.lead].display_name} thinks better of it, and writes: Mula")

    async def is_back() -> bool:
        return not await _are_suppressed(day, [first])

    await day.until(is_back, "the start word is recorded")
    first.until = at
    suppressed = {each.lead for each in await day.desk.messages(offer.name, "suppressed")}
    day.story.holds(
        f"what was planned for the {count} is over", {each.lead for each in day.stopped} <= suppressed
    )


async def _are_suppressed(day: Day, people: Sequence[Stopped]) -> bool:
    found = [await day.desk.lead(each.lead) for each in people]
    return all(lead is not None and lead.suppressed for lead in found)


async def _kill(day: Day) -> None:
    day.story.chapter("A machine dies")
    async with day.mesh.connection() as connection:
        leases = await read_leases(connection)
    victim, shards = Counter(leases.values()).most_common(1)[0]
    takeover = Takeover.begin(day.mesh, victim, [shard for shard, host in leases.items() if host == victim])
    day.story.tell(f"  SIGKILL {victim}, which had {shards} of {len(leases)} shards")
    day.figures.takeover_s = seconds = await takeover.finished()
    day.story.holds("the others take its devices over", seconds is not None)
    if seconds is not None:
        day.story.tell(f"  after {seconds:.1f} s")


async def _explain(day: Day, offer: Campaign) -> None:
    day.story.chapter("Why did this one not go?")
    stopped = day.stopped[-1]
    ended = [each for each in await day.desk.messages(offer.name, "suppressed") if each.lead == stopped.lead]
    if not day.story.holds("one message to who said stop last did not go", len(ended) == 1, len(ended)):
        return
    said = await day.marketer.kompang("messages", "explain", ended[0].name)
    day.story.holds("it says that the person asked for silence", "suppressed" in said.out)
    said = await day.marketer.kompang("leads", "explain", stopped.lead)
    lines = [line for line in said.out.splitlines() if line.startswith("suppression")]
    day.story.holds("so does what is known of the person", lines and "blocks" in lines[0], lines)
