"""What steps and wordings say, from the rows to the hosts; the gateway makes the same texts of them."""

import json
from collections.abc import Collection

import pytest

from gateway.wording.step_text import StepText, seed
from gateway.wording.wording import Greetings, GreetingText, Wording, greetings_json
from services.content.variation import Level, Variation
from services.content.wording import Lead
from services.dispatch.texts.store import StepRow
from services.dispatch.texts.templates import Templates
from shardhost.templates import Templates as HostTemplates

KEY = b"the cluster's"
BODY = "{Apa khabar|Jumpa lagi}, {first_name}! {Ya|Boleh}: {attr.city|sini}, {satu|dua|tiga}"
OWN = Wording()
SPOKEN = Wording(
    (GreetingText("{Selamat pagi|Pagi} {name}", 3, "ms", "morning"), GreetingText("{Hi|Yo} {name}")),
    "Tuan",
    "Balas STOP",
    Variation(full_stop=0.1, comma=0.4, space=0.1, greeting_case=0.5),
)
STILL = Wording((GreetingText("Hai {name}"),), variation=Variation(Level.NONE))


class Rows:
    """Stands for the store; counts what it is asked."""

    def __init__(self, steps: dict[int, StepRow], wordings: dict[int, str]) -> None:
        self._steps, self._wordings = steps, wordings
        self.asked: list[int] = []

    async def templates(self, step_ids: Collection[int]) -> list[StepRow]:
        self.asked += step_ids
        return [self._steps[number] for number in step_ids]

    async def wordings(self, ids: Collection[int]) -> dict[int, str]:
        self.asked += ids
        return {number: self._wordings[number] for number in ids}


def step(number: int = 1, greetings: str | None = None, variation: str | None = None) -> StepRow:
    return StepRow(number, BODY, greetings, variation)


def reading(rows: Rows) -> Templates:
    return Templates(rows)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 7])
@pytest.mark.parametrize("wording", [OWN, SPOKEN, STILL], ids=["own", "spoken", "still"])
@pytest.mark.parametrize("greetings", [None, (), (GreetingText("Dear {name}", 2, "en"),)])
@pytest.mark.parametrize("variation", [None, "none", "natural"])
async def test_a_host_says_what_the_gateway_shows(
    number: int, wording: Wording, greetings: Greetings | None, variation: str | None
) -> None:
    if number == 0:
        wording = OWN
    templates = reading(Rows({1: step(1, greetings_json(greetings), variation)}, {7: wording.document}))
    host = HostTemplates()
    host.restart(KEY)
    host.add(
        (await templates.templates({1})).values(),
        (await templates.wordings({number} - {0})).values(),
    )
    at_the_host = host.get(1, number)
    assert at_the_host is not None
    at_the_gateway = StepText(BODY, greetings, variation).with_wording(wording, KEY)
    leads = [Lead("SITI", {"city": "Ipoh"}, "ms-MY", 9), Lead("", {}, "en", 20), Lead("陈大文", {}, "", 0)]
    for lead in leads:
        shown = [at_the_gateway.render(lead, seed(message)) for message in range(1, 60)]
        said = [at_the_host.render(lead, message.to_bytes(8, "big")) for message in range(1, 60)]
        assert said == shown


async def test_each_is_read_once() -> None:
    rows = Rows({1: step(1), 2: step(2)}, {7: STILL.document})
    templates = reading(rows)
    await templates.templates({1})
    found = await templates.templates({1, 2})
    assert {number: each.template_id for number, each in found.items()} == {1: 1, 2: 2}
    for _ in range(2):
        assert (await templates.wordings({7}))[7].wording_id == 7
    assert rows.asked == [1, 2, 7]


async def test_no_greetings_are_told_from_none_of_its_own() -> None:
    found = await reading(Rows({1: step(1), 2: step(2, "[]")}, {})).templates({1, 2})
    assert [found[number].HasField("greetings") for number in (1, 2)] == [False, True]


@pytest.mark.parametrize("kept", ['{"greetings": "Hi"}', '{"variation": {"comma": "much"}}', "[]"])
async def test_what_cannot_be_read_becomes_what_cannot_be_rendered(kept: str) -> None:
    rows = Rows({1: step(1), 2: step(2, json.dumps(["Hi"]))}, {7: kept, 8: STILL.document})
    templates, host = reading(rows), HostTemplates()
    host.restart(KEY)
    host.add((await templates.templates({1, 2})).values(), (await templates.wordings({7, 8})).values())
    assert host.get(1, 7) is None
    assert host.get(2, 8) is None
    assert host.get(1, 8) is not None
