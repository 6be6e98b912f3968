"""Nothing outlives a launcher, however it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.processes import process_table
from infra.local.processes.cleanup import end_abandoned_stacks
from infra.local.processes.process import ended
from infra.local.servers.stack import LocalStack
from tests.integration.local.until import SECONDS, until
from tests.support.slowness import patient


@dataclass(frozen=True)
class Launched:
    process: asyncio.subprocess.Process
    path: Path
    watchdog: int
    pids: list[int]

    def left(self) -> list[int]:
        """What is still there of the stack's processes."""
        found = [process_table.entry(pid) for pid in self.pids]
        return [each.pid for each in found if each and each.alive]


@pytest.fixture
async def launched(parent: Path) -> AsyncIterator[Launched]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.local.launcher", str(parent), stdout=subprocess.PIPE
    )
    assert process.stdout
    async with asyncio.timeout(patient(SECONDS)):
        started = json.loads(await process.stdout.readline())
    yield Launched(process, Path(started["path"]), started["watchdog"], started["pids"])
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_the_watchdog_ends_everything_after_kill_9_of_the_launcher(launched: Launched) -> None:
    assert len(launched.left()) == 4

    launched.process.kill()
    async with asyncio.timeout(patient(SECONDS)):
        await ended(launched.watchdog)

    assert launched.left() == []
    assert not launched.path.exists()


async def test_ctrl_c_ends_the_launcher_and_everything_it_started(launched: Launched) -> None:
    launched.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(patient(SECONDS)):
        assert await launched.process.wait() != 0

    assert launched.left() == []
    assert not launched.path.exists()


async def test_the_launcher_ends_everything_when_its_watchdog_was_killed(launched: Launched) -> None:
    os.kill(launched.watchdog, signal.SIGKILL)

    launched.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(patient(SECONDS)):
        await launched.process.wait()

    assert launched.left() == []
    assert not launched.path.exists()


async def test_the_next_launcher_ends_everything_when_both_were_killed(
    launched: Launched, parent: Path
) -> None:
    os.kill(launched.watchdog, signal.SIGKILL)
    await asyncio.to_thread(end_abandoned_stacks, parent)
    assert len(launched.left()) == 4  # the launcher lives: not abandoned

    launched.process.kill()
    await launched.process.wait()
    await until(lambda: _clear_and_look(launched, parent))

    assert launched.left() == []


def _clear_and_look(launched: Launched, parent: Path) -> bool:
    end_abandoned_stacks(parent)
    return not launched.path.exists()


async def test_servers_do_not_share_the_launchers_session(launched: Launched) -> None:
    own = os.getsid(launched.process.pid)

    sessions = {
        found.session for pid in [*launched.pids, launched.watchdog] if (found := process_table.entry(pid))
    }

    assert own not in sessions
    assert len(sessions) == 5


async def test_a_killed_postgres_leaves_no_shared_memory(parent: Path) -> None:
    async with LocalStack(parent, durable=False) as stack:
        [lock_file] = stack.path.glob("*/*/postmaster.pid")
        segment = lock_file.read_text().splitlines()[6].split()[1]
        assert segment in segments()
        # The dynamic kind is in the stack's folder, and goes with it.
        assert list(lock_file.parent.glob("pg_dynshmem/*"))
        stack.postgres.kill()

    assert segment not in segments()


def segments() -> list[str]:
    """Numbers of the System V segments of this machine."""
    return [line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
