"""The demo as a user runs it, in small."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.support.slowness import patient

SMALL = {"DEMO_LEADS": "12", "DEMO_DEVICES": "6", "DEMO_HOSTS": "2", "DEMO_HOUR_S": "0.1"}
SECONDS = patient(110.0)


async def started(folder: Path, **variables: str) -> Process:
    environment = {**os.environ, **SMALL, "TMPDIR": str(folder), **variables}
    command = [sys.executable, "-m", "infra.local.demo"]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), patient(SECONDS))
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_small_run_keeps_every_promise_and_leaves_nothing(parent: Path, tmp_path: Path) -> None:
    """Of a list as a spreadsheet saves it; four people are made up."""
    csv = tmp_path / "senarai.csv"
    rows = [f"012-345 00{n:02}\tAi Ling\tIpoh" for n in range(8)]
    csv.write_text("\n".join(["No. telefon\tNama\tBandar", *rows]), encoding="utf-16")
    code, out, err = await ended(await started(parent, DEMO_CSV=str(csv)))

    line = json.loads(out.splitlines()[-1])
    assert code == 0, out + err
    assert line["leads"] == line["enrolled"] == 12
    assert line["messages"] == line["sent"] == line["ledger_unique"] == 12 * 11
    assert line["unknown"] == line["out_of_order"] == line["pacing_violations"] == 0
    assert line["texts_shown_exactly"] == 12 * 11
    assert "texts rendered again, byte for byte: 132 of 132" in out
    assert 0 < line["takeover_s"] < 60
    assert "enroll (enrollment) → hand" in out
    assert os.listdir(parent) == []  # noqa: PTH208 - nothing blocks here


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"DEMO_LEADS": "many"}, "demo: DEMO_LEADS is 'many': give a whole number from 1 to 1000000\n"),
        ({"REDIS_BIN": "/nowhere"}, "demo: REDIS_BIN is /nowhere"),
    ],
)
async def test_a_bad_setting_ends_the_command_with_one_line(
    parent: Path, variables: dict[str, str], complaint: str
) -> None:
    code, _, err = await ended(await started(parent, **variables))

    assert code == 2
    assert err.startswith(complaint)
    assert err.count("\n") == 1


async def test_ctrl_c_leaves_nothing(parent: Path) -> None:
    process = await started(parent, DEMO_HOSTS="1")
    assert process.stdout is not None
    while b"ready" not in await asyncio.wait_for(process.stdout.readline(), patient(SECONDS)):
        pass
    process.send_signal(signal.SIGINT)
    code, _, err = await ended(process)

    assert (code, err) == (130, "demo: stopped, nothing left behind\n")
    assert os.listdir(parent) == []  # noqa: PTH208 - nothing blocks here
