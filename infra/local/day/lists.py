"""The marketer's files: a list exported from Excel, one from a phone, and the name of the text's file."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

OFFER = "offer.txt"
REGULAR, GUEST, TRAVELLER = "regular", "guest", "traveller"

_FIRST = ("Nur", "Siti", "Ahmad", "Wei Ling", "Kumar", "Aisyah", "José", "Mei", "Farid", "Priya")
_LAST = ("Tan", "binti Omar", "Pillai", "Lim", "bin Yusof", "Kaur", "Núñez", "Raj", "Wong", "Ismail")
_CITIES = ("Ipoh", "Klang", "Kuching", "Melaka", "Taiping")
# Where it is ten hours later than in Kuala Lumpur, all the year.
FAR_AWAY = "America/Costa_Rica"
# Numbers in the ways people write them; {} is the seven digits after 012. The network is simulated.
_NOTATIONS = ("012-{} ", "+60 12 {}", "6012{}", "(012) {}", "'012{}", "0060 12{}")
_REFUSED = (
    "Excel's own;6.01E+10;Ipoh;regular;",
    "No Number;;Ipoh;regular;",
    "Asked Her;n/a;Ipoh;regular;",
    "Too Short;12345;Klang;regular;",
    "Land of Nowhere;+999 123 4567;Klang;regular;",
)
_TWICE = 2
_BROKEN_NAMES = 50
_WALK_INS = 3
_TRAVELLERS = 2
_LEAST_GUESTS = 6


@dataclass(frozen=True)
class LeadList:
    """A file, and what must come of it."""

    name: str
    content: bytes
    good: int
    twice: int
    refused: int


def customers(count: int) -> LeadList:
    """So many people, as Excel exports them in many countries: `;`, CRLF, a mark, numbers written anyhow.

    Some cells have a line break, some rows cannot be used, some say the same number again.
    """
    draws = random.Random(count)
    rows = list(_rows(count, draws))
    again = [f"Twice {place};+6012{_digits(place)};Ipoh;regular;" for place in range(_TWICE)]
    mixed = [*rows, *_REFUSED]
    draws.shuffle(mixed)
    lines = ["Nama;No. Telefon;Bandar;Kumpulan;Timezone", *mixed, *again]
    text = "\r\n".join(lines) + "\r\n"
    return LeadList("customers.csv", text.encode("utf-8-sig"), count, _TWICE, len(_REFUSED))


def walk_ins() -> LeadList:
    """People who left a number at the counter, and were not asked: UTF-16 and tabs, as a phone exports."""
    lines = [
        "Name\tMobile\tGroup",
        *(f"Walk-in {n}\t012{_digits(900_000 + n)}\t{REGULAR}" for n in range(_WALK_INS)),
    ]
    return LeadList("walk-ins.txt", "\n".join(lines).encode("utf-16"), _WALK_INS, 0, 0)


def groups(count: int) -> dict[str, int]:
    """How many of so many people are in each group."""
    guests = max(_LEAST_GUESTS, count // 4)
    return {GUEST: guests, TRAVELLER: _TRAVELLERS, REGULAR: count - guests - _TRAVELLERS}


def _rows(count: int, draws: random.Random) -> Iterator[str]:
    people = [group for group, size in groups(count).items() for _ in range(size)]
    for place, group in enumerate(people):
        first, last = draws.choice(_FIRST), draws.choice(_LAST)
        # Excel keeps a line break within a cell, in quotes.
        name = f'"{first}\n{last}"' if place % _BROKEN_NAMES == 1 else f"{first} {last}"
        phone = _NOTATIONS[place % len(_NOTATIONS)].format(_digits(place))
        zone = FAR_AWAY if group == TRAVELLER else ""
        yield f"{name};{phone};{draws.choice(_CITIES)};{group};{zone}"


def _digits(place: int) -> str:
    return f"2{place + 1:06d}"
