"""The day as a user plays it, in small."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path

import pytest

from tests.support.slowness import patient

SMALL = {"DAY_LEADS": "24", "DAY_DEVICES": "4", "DAY_HOSTS": "2"}
# Many times what it takes.
SECONDS = patient(280.0)
# In one order: a marketer's day.
SAID = (
    "kompang admin create-account",
    "kompang leads import customers.csv",
    "PHONE_SCIENTIFIC",
    "0 created, 0 updated, 24 unchanged",
    "kompang campaigns forecast campaigns/1",
    "3 left out: no consent",
    "kompang campaigns pause campaigns/1",
    "kompang campaigns resume campaigns/1",
    "writes: STOP",
    "SIGKILL host-",
    "campaigns/1 finished, ",
    "kompang messages explain",
    "kompang campaigns cancel campaigns/2",
    "kompang campaigns retry campaigns/3",
    "Forget me",
    "1 created, 0 updated, 23 unchanged",
    "frequency cap blocks the message",
    "quiet hours blocks the message",
    "every promise is kept",
)

pytestmark = [pytest.mark.timeout(300), pytest.mark.takes_minutes]


def finished(out: str) -> Counter[str]:
    """The first campaign as its command ended; what arrived since, or was read, was sent."""
    [line] = re.findall(r"campaigns/1 finished, (.*)", out)[:1]
    counts: Counter[str] = Counter()
    for state, messages in re.findall(r"([a-z]+) ([0-9]+)(?![0-9.])", line):
        counts["sent" if state in ("delivered", "read") else state] += int(messages)
    return counts


async def started(folder: Path, **variables: str) -> Process:
    environment = {**os.environ, **SMALL, "TMPDIR": str(folder), **variables}
    command = [sys.executable, "-m", "infra.local.day"]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), patient(SECONDS))
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_small_day_passes_every_check_and_leaves_nothing(parent: Path) -> None:
    code, out, err = await ended(await started(parent))

    assert code == 0, out + err
    place = 0
    for said in SAID:
        place = out.find(said, place)
        assert place >= 0, f"{said!r} is not there, or not in its place:\n{out}"
    assert finished(out) == {"sent": 19, "suppressed": 3}
    line = json.loads(out.splitlines()[-1])
    assert line["leads"] == 24 + 3
    assert line["messages"] == 22 + 14 + 6 + 5
    assert line["sent"] == line["ledger_unique"] > 0
    assert (line["broken"], line["violations"]) == (0, 0)
    assert line["held"] >= 35
    assert line["pause_s"] <= 2
    assert line["cancel_s"] <= 2
    assert 0 < line["takeover_s"] < 60
    assert os.listdir(parent) == []  # noqa: PTH208 - nothing blocks here


async def test_a_bad_setting_ends_the_command_with_one_line(parent: Path) -> None:
    code, _, err = await ended(await started(parent, DAY_LEADS="some"))

    assert (code, err) == (2, "day: DAY_LEADS is 'some': give a whole number from 24 to 20000\n")


async def test_ctrl_c_during_a_command_leaves_nothing(parent: Path) -> None:
    process = await started(parent)
    assert process.stdout is not None
    while b"$ kompang" not in await asyncio.wait_for(process.stdout.readline(), patient(SECONDS)):
        pass
    process.send_signal(signal.SIGINT)
    code, _, err = await ended(process)

    assert (code, err) == (130, "day: stopped, nothing left behind\n")
    assert os.listdir(parent) == []  # noqa: PTH208 - nothing blocks here
