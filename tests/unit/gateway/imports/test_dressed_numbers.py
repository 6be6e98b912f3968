"""Valid mobile numbers of all regions, as people and programs write them: none becomes another number.

`make test` takes one of each region in some dresses; `NUMBERS_A_REGION=300 SEED=…` is what `make test-long`
does, with a table of what is refused. A number may always be refused; it is never guessed.
"""

import os
import sys
from collections import Counter
from random import Random

import phonenumbers
import pytest

from gateway.imports.cells.phone import read_phone
from gateway.imports.errors import RowError
from gateway.phones import Notation
from services.consent.number_forms import canonical
from tests.support.number_plans import DRESSES, Number, mobiles

COUNT = int(os.environ.get("NUMBERS_A_REGION", "1"))
SAMPLE = 40
SEED = int(os.environ.get("SEED", "0")) or Random().randrange(1, 10**6)
# What nearly everybody writes is understood of nearly everybody: at most so much is refused, in percent.
USUAL = {
    "E.164": 0, "inside": 0, "outside": 0, "no plus": 1, "00": 1, "(0) and a slash": 3, "(2)": 1, "[1]": 1,
    "float": 1, "no prefix": 5, "code twice": 1, "(WA)": 1, "full width": 0, "wa.me": 2, "formula": 0,
    "- 2": 12, "/8": 12,
}  # fmt: skip


def test_no_number_becomes_another(capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(SEED)
    refused, tried, wrong, count = Counter[str](), Counter[str](), [], 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        notation = Notation(region)
        for number in mobiles(region, COUNT, random):
            dressed, count = Number(number, region), count + 1
            for name in DRESSES if COUNT > 1 else random.sample(list(DRESSES), SAMPLE):
                dress = DRESSES[name]
                tried[name] += 1
                try:
                    found = read_phone(dress(dressed), notation)
                except RowError:
                    refused[name] += 1
                    continue
                if found != canonical(dressed.e164):
                    wrong.append(f"{name}, {region}: {dress(dressed)} of {dressed.e164} became {found}")
    if COUNT > 1:
        with capsys.disabled():
            _show(refused, count)
    assert count >= 0.98 * COUNT * len(phonenumbers.SUPPORTED_REGIONS)
    assert not wrong, f"SEED={SEED}: {len(wrong)}, such as " + "; ".join(wrong[:10])
    # One number of each region says little about shares.
    for name, most in USUAL.items():
        assert refused[name] <= (most + 1) / 100 * tried[name] + 2, name


def _show(refused: Counter[str], count: int) -> None:
    lines = [f"\n{count} numbers (SEED={SEED}) in {len(DRESSES)} dresses; refused:"]
    lines += [f"  {name:28}{100 * refused[name] / count:6.1f} %" for name in DRESSES]
    sys.stdout.write("\n".join(lines) + "\n")
