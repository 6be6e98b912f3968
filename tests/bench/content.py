"""Rendering on one core: a text of 300 characters with five groups, greeting and footer, at `NATURAL`.

Every lead has a name of their own, so nothing here is faster than in a host that meets each lead once.
"""

import statistics
import time
import tracemalloc
from collections.abc import Sequence

from services.content.greeting import default_greetings
from services.content.template import Template
from services.content.wording import Lead, Wording
from tests.bench.rig import Figure, say

_BODY = (
    "{We have|There is|Here is} a {new|fresh|special} offer for you, {name}. Our {team|crew|staff} in"
    " {attr.city|your town} picked five things that go with what you asked about last week, and"
    " {delivery|shipping|transport} is on us until Friday. {Reply|Answer|Write back} and we keep one for you,"
    " no strings attached, as always, for as long as there are any left at our shop"
)
_ROUNDS = 7
_RENDERS = 40_000
_LEADS = 20_000
_GROWTH_RENDERS = 1_000_000

_FIRST = ("Ahmad", "Siti", "Wei Ming", "Muthu", "Nurul", "Hassan", "Mei Ling", "Raju", "Farah", "Daniel")
_SYLLABLES = ("ba", "ha", "ki", "lu", "ma", "ni", "ra", "sa", "ti", "zu")


def run() -> list[Figure]:
    """About half a minute, most of it for the growth. Raises AssertionError for a text too short."""
    wording = Wording(Template.parse(_BODY), default_greetings(), footer="Reply STOP to stop", key=b"bench")
    leads = [_lead(number) for number in range(_LEADS)]
    length = statistics.fmean(len(wording.render(lead, b"1")) for lead in leads[:1000])
    if length < 300:
        raise AssertionError(f"{length:.0f} characters; the figure is for 300")
    rates = [_rate(wording, leads) for _ in range(_ROUNDS)]
    say(f"{length:.0f} characters; the growth over {_GROWTH_RENDERS:,} renders takes a moment")
    return [
        ("renders_per_s", statistics.median(rates), "1/s"),
        ("renders_growth_kb", _growth_kb(wording, leads), "kB"),
    ]


def _rate(wording: Wording, leads: Sequence[Lead]) -> float:
    begin = time.perf_counter()
    for number in range(_RENDERS):
        wording.render(leads[number % _LEADS], number.to_bytes(8, "big"))
    return _RENDERS / (time.perf_counter() - begin)


def _growth_kb(wording: Wording, leads: Sequence[Lead]) -> float:
    """By how much what is allocated grew over a million renders."""
    tracemalloc.start()
    try:
        for number in range(_LEADS):
            wording.render(leads[number], number.to_bytes(8, "big"))
        before, _ = tracemalloc.get_traced_memory()
        for number in range(_GROWTH_RENDERS):
            wording.render(leads[number % _LEADS], number.to_bytes(8, "big"))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / 1e3


def _lead(number: int) -> Lead:
    """As they are imported: most names well written, some in capitals, some missing or a phone number."""
    digits = [int(digit) for digit in f"{number:05}"]
    name = f"{_FIRST[digits[4]]} {''.join(_SYLLABLES[digit] for digit in digits[:4]).capitalize()}"
    if number % 20 == 0:
        name = "" if number % 40 else "+60 12-345 6789"
    elif number % 5 == 0:
        name = name.upper()
    return Lead(name, {"city": "Kuala Lumpur"}, "ms", number % 24)
