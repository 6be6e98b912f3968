"""The rows, how a run goes through them, and how it is shown.

A row mostly waits: for terms to run out, for gaps, for sixty seconds without a quorum. So several are run
at a time, each in a lane with servers and a mesh of its own; the longest first, or the last would run alone.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from tests.faults.progress import NUMBER, say
from tests.faults.rows import (
    clock_stepped,
    consul_cluster,
    database_restored,
    disk_full,
    dispatch_killed,
    enrollment_killed,
    host_cut_off,
    host_killed,
    host_stopped,
    hostile_network,
    new_chats,
    poison,
    postgres_killed,
    random_faults,
    redis_lost,
    rolling_restart,
    same_host_twice,
    session_destroyed,
    thief,
)
from tests.faults.verdict import NotAvailable

Run = Callable[[random.Random], Awaitable[str]]


@dataclass(frozen=True)
class Row:
    """One fault; `run` returns the figure, or raises Broken. `seconds` is about what it takes."""

    number: int
    fault: str
    run: Run
    seconds: int


@dataclass(frozen=True)
class Result:
    """What a row came to; `held` is None where the machine could not try it."""

    row: Row
    held: bool | None
    figure: str
    seconds: float


ROWS = (
    Row(1, "SIGKILL a shard host, half of the acknowledgements withheld", host_killed.run, 200),
    Row(2, "SIGKILL a dispatch replica; both", dispatch_killed.run, 70),
    Row(3, "Postgres stopped at once (immediate) and restarted", postgres_killed.run, 80),
    Row(4, "Redis FLUSHALL; SIGKILL; SIGSTOP for 10 s", redis_lost.run, 110),
    Row(5, "Consul: leader, sessions' server killed; quorum lost for 60 s", consul_cluster.run, 150),
    Row(6, "a host's session destroyed while it lives", session_destroyed.run, 50),
    Row(7, "a host cut from Consul; from dispatch; from both", host_cut_off.run, 150),
    Row(8, "SIGSTOP a host for 20 s and 60 s", host_stopped.run, 160),
    Row(9, "the same host id started twice", same_host_twice.run, 40),
    Row(10, "wall clocks of two hosts stepped by ten minutes, both ways", clock_stepped.run, 60),
    Row(11, "slow and hostile network for a quarter of the devices", hostile_network.run, 130),
    Row(12, "rolling restart of every process, SIGTERM", rolling_restart.run, 110),
    Row(13, "Postgres's disk full", disk_full.run, 90),
    Row(14, "two enrollment replicas killed during 20,000 leads", enrollment_killed.run, 70),
    Row(15, "faults drawn at random for ten minutes", random_faults.run, 680),
    Row(16, "the database restored to a backup", database_restored.run, 90),
    Row(17, "poison in Redis, Consul, replies and frames, every second", poison.run, 90),
    Row(18, "a stranger claims, reports and replies as a shard host", thief.run, 60),
    Row(19, "a quarter of the devices may begin few chats (463)", new_chats.run, 90),
    Row(20, "SIGKILL a shard host, on a network that forgets ids", host_killed.run_forgetful, 120),
)


async def tried(row: Row, seed: int) -> Result:
    """Run one row; what it draws depends on the seed and its number alone."""
    began = time.monotonic()
    held: bool | None = True
    try:
        figure = await row.run(random.Random(f"{seed}/{row.number}"))
    except NotAvailable as reason:
        held, figure = None, f"not available here: {reason}"
    except Exception as error:  # noqa: BLE001 - whatever broke a row is its result, and no other's
        held, figure = False, told(error)
    return Result(row, held, figure, time.monotonic() - began)


def told(error: BaseException) -> str:
    """The reasons in an error, without the groups around them."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(told(each) for each in error.exceptions)
    return f"{type(error).__name__}: {error}"


def chosen(numbers: Iterable[int]) -> list[Row]:
    """The rows of these numbers, all for none. Raises ValueError for a number that is no row's."""
    wanted = set(numbers)
    if unknown := wanted - {row.number for row in ROWS}:
        raise ValueError(f"no such row: {', '.join(map(str, sorted(unknown)))}")
    return [row for row in ROWS if not wanted or row.number in wanted]


def table(results: Iterable[Result]) -> str:
    """Fault, held, figure: one line each, reasons of a fall below it."""
    lines = []
    for result in results:
        held = {True: "yes", False: "NO", None: "-"}[result.held]
        first, *rest = result.figure.splitlines() or [""]
        lines.append(
            f"{result.row.number:>2}  {held:<4} {result.row.fault:<62}  {first}  ({result.seconds:.0f} s)"
        )
        lines += [f"         {line}" for line in rest]
    return "\n".join(lines)


async def run(rows: Iterable[Row], seed: int, lanes: int) -> list[Result]:
    """So many rows at a time; the results in the order of the table."""
    waiting = deque(sorted(rows, key=lambda row: -row.seconds))
    results: list[Result] = []

    async def lane() -> None:
        while waiting:
            row = waiting.popleft()
            NUMBER.set(row.number)
            say(f"begins: {row.fault}")
            results.append(await tried(row, seed))
            say(table(results[-1:]))

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(lane())
    return sorted(results, key=lambda result: result.row.number)
