"""The gateway and a shard host make the same text of the same rows."""

import asyncio
import itertools
from collections.abc import Collection
from typing import Any

import pytest

from gateway.wording.step_text import StepText, seed
from gateway.wording.wording import GreetingText, Wording, greetings_json
from services.content.variation import Level, Variation
from services.content.wording import Lead
from services.dispatch.texts.store import StepRow
from services.dispatch.texts.templates import Templates as Sent
from shardhost.templates import Templates as Received

KEY = bytes(range(32))
BODY = "{Apa khabar|How are you}, {first_name|friend}? {attr.city|Kita} {{a|b}|c|{d|e|{f|g}}}\nkita.example"

WORDINGS = [
    None,
    Wording(),
    Wording(greetings=(), footer="Reply STOP to stop"),
    Wording(
        (
            GreetingText("Selamat pagi {name}", 3, "ms", "morning"),
            GreetingText("{Hai|Salam} {name}", 2, "ms"),
            GreetingText("{name}，您好", 1, "zh-Hant"),
            GreetingText("hello {first_name}", 1_000_000),
            GreetingText("Hi", 1, "", "evening"),
        ),
        "",
        " நன்றி ",
        Variation(Level.NATURAL, 0.0, 1 / 3, 0.123456789, 1.0),
    ),
    Wording(fallback="kawan", variation=Variation(Level.NONE)),
]
STEPS = [
    StepText(BODY),
    StepText(BODY, (), "none"),
    StepText("Hai", (GreetingText("{a|b|c} {name}", 5, "ta", "afternoon"), GreetingText("{d|e}"))),
    StepText(BODY, None, "natural"),
]
LEADS = [
    Lead(),
    Lead("AHMAD BIN ALI", {"city": "Ipoh"}, "ms-MY", 8),
    Lead("陈美玲", {}, "zh", 23),
    Lead("கவிதா", {"city": "\u202eKlang"}, "ta", 13),
    Lead("012-345 6789", {"other": "x"}, "", 0),
]


class Rows:
    """What dispatch reads: the same columns as the gateway."""

    def __init__(self, step: StepText, wording: Wording | None) -> None:
        self._step, self._wording = step, wording

    async def templates(self, steps: Collection[int]) -> list[StepRow]:
        step = self._step
        return [
            StepRow(number, step.text, greetings_json(step.greetings), step.variation) for number in steps
        ]

    async def wordings(self, ids: Collection[int]) -> dict[int, str]:
        assert self._wording is not None
        return dict.fromkeys(ids, self._wording.document)


async def received(step: StepText, wording: Wording | None) -> Any:
    """What a shard host has after a stream brought them."""
    sent = Sent(Rows(step, wording))  # type: ignore[arg-type]
    wordings = await sent.wordings([1]) if wording else {}
    templates = await sent.templates([5])
    host = Received()
    host.restart(KEY)
    host.add(templates.values(), wordings.values())
    return host.get(5, 1 if wording else 0)


@pytest.mark.parametrize(("step", "wording"), list(itertools.product(STEPS, WORDINGS)))
def test_gateway_and_shard_host_render_the_same_text(step: StepText, wording: Wording | None) -> None:
    host = asyncio.run(received(step, wording))
    gateway = step.with_wording(Wording.of(wording.document if wording else None), KEY)

    for lead, number in itertools.product(LEADS, (1, 2, 3, 2**40, 2**62)):
        assert gateway.render(lead, seed(number)) == host.render(lead, number.to_bytes(8, "big"))
