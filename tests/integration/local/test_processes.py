"""Processes of the mesh."""

import asyncio
import signal
import sys

from infra.local.servers.stack import LocalStack
from tests.integration.local.until import until


async def test_the_end_of_a_process_can_be_awaited_in_several_places(stack: LocalStack) -> None:
    process = await stack.spawn("ends", [sys.executable, "-c", "raise SystemExit(3)"])

    assert [*await asyncio.gather(process.wait(), process.wait())] == [3, 3]
    assert await process.wait() == 3
    assert not process.alive
    assert process.rss_bytes() == 0


async def test_the_output_of_a_process_is_in_its_log(stack: LocalStack) -> None:
    code = "import sys; print('one'); print('two', file=sys.stderr)"

    process = await stack.spawn("speaks", [sys.executable, "-u", "-c", code])
    await process.wait()

    assert process.tail() == "one\ntwo"
    assert process.tail(1) == "two"


async def test_a_process_gets_only_the_given_environment(stack: LocalStack) -> None:
    code = "import os; print(sorted(name for name in os.environ if name != 'LC_CTYPE'))"

    process = await stack.spawn("environment", [sys.executable, "-c", code], env={"A": "b"})
    await process.wait()

    assert process.tail() == "['A', 'KOMPANG_STACK_DIRECTORY']"


async def test_a_killed_process_ends_by_the_signal(stack: LocalStack) -> None:
    process = await stack.spawn("killed", ["sleep", "1000"])
    assert process.alive
    # It has no memory of its own before it has become the program.
    await until(lambda: process.rss_bytes() > 0)

    process.kill()

    assert await process.wait() == -signal.SIGKILL


async def test_a_process_that_ignores_sigterm_is_killed(stack: LocalStack) -> None:
    process = await stack.spawn("deaf", ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1000; done"])
    await until(lambda: process.tail() == "deaf")

    assert await process.stop(seconds=0.2) == -signal.SIGKILL
