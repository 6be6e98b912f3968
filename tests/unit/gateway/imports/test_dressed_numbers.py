"""Valid mobile numbers of all regions, as people and programs write them: none becomes another number.

`make test` takes one of each region in some dresses; `NUMBERS_A_REGION=300 SEED=…` is what `make test-long`
does, with a table of what is refused. A number may always be refused; it is never guessed.
"""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from random import Random
from typing import NamedTuple

import phonenumbers
import pytest

from gateway.imports.cells.phone import read_phone
from gateway.imports.errors import RowError
from gateway.phones import Notation
from services.consent.number_forms import canonical
from tests.support.number_plans import DRESSES, Number, mobiles

COUNT = int(os.environ.get("NUMBERS_A_REGION", "1"))
SAMPLE = 45
MINUTES, HOURS = 120, 7200
# The other processes of a machine go first.
NICE = 5
SEED = int(os.environ.get("SEED", "0")) or Random().randrange(1, 10**6)
# What nearly everybody writes is understood of nearly everybody: at most so much is refused, in percent.
USUAL = {
    "E.164": 0, "inside": 0, "outside": 0, "no plus": 1, "00": 1, "(0) and a slash": 3, "(2)": 1, "[1]": 1,
    "float": 1, "no prefix": 5, "code twice": 1, "(WA)": 1, "full width": 0, "wa.me": 2, "formula": 0,
    "- 2": 12, "/8": 12, "trailing plus": 1, "( 0 )": 1, "mobile in German": 0,
    "mobile in Russian": 0, "sms:": 0,
}  # fmt: skip


class Found(NamedTuple):
    """Of the numbers of one region: refused and tried by dress, what became another, how many there were."""

    refused: Counter[str]
    tried: Counter[str]
    wrong: list[str]
    numbers: int


@pytest.mark.timeout(HOURS if COUNT > 1 else MINUTES)
def test_no_number_becomes_another(capsys: pytest.CaptureFixture[str]) -> None:
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    if COUNT > 1:
        with ProcessPoolExecutor(initializer=os.nice, initargs=(NICE,)) as processes:
            found = list(processes.map(_dress, regions))
    else:
        found = [_dress(region) for region in regions]
    refused = sum((each.refused for each in found), Counter[str]())
    tried = sum((each.tried for each in found), Counter[str]())
    wrong = [line for each in found for line in each.wrong]
    count = sum(each.numbers for each in found)
    if COUNT > 1:
        with capsys.disabled():
            _show(refused, count)
    assert count >= 0.98 * COUNT * len(regions)
    assert not wrong, f"SEED={SEED}: {len(wrong)}, such as " + "; ".join(wrong[:10])
    # One number of each region says little about shares.
    for name, most in USUAL.items():
        assert refused[name] <= (most + 1) / 100 * tried[name] + 2, name


def _dress(region: str) -> Found:
    random, notation = Random(f"{SEED} {region}"), Notation(region)
    found = Found(Counter(), Counter(), [], 0)
    numbers = mobiles(region, COUNT, random)
    for number in numbers:
        dressed = Number(number, region)
        for name in DRESSES if COUNT > 1 else random.sample(list(DRESSES), SAMPLE):
            text = DRESSES[name](dressed)
            found.tried[name] += 1
            try:
                became = read_phone(text, notation)
            except RowError:
                found.refused[name] += 1
                continue
            if became != canonical(dressed.e164):
                found.wrong.append(f"{name}, {region}: {text} of {dressed.e164} became {became}")
    return found._replace(numbers=len(numbers))


def _show(refused: Counter[str], count: int) -> None:
    lines = [f"\n{count} numbers (SEED={SEED}) in {len(DRESSES)} dresses; refused:"]
    lines += [f"  {name:28}{100 * refused[name] / count:6.1f} %" for name in DRESSES]
    sys.stdout.write("\n".join(lines) + "\n")
