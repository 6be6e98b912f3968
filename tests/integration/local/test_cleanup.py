"""Clearing ends what a directory lists or marks, and nothing else."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.processes import process_table
from infra.local.processes.cleanup import end_stack
from infra.local.processes.process import Process
from infra.local.processes.stack_directory import ENVIRONMENT, StackDirectory
from tests.integration.local.until import until


@pytest.fixture
def directory(parent: Path) -> Iterator[StackDirectory]:
    made = StackDirectory.create(parent)
    yield made
    made.unlock()


async def test_a_process_that_ignores_a_signal_gets_the_next_one(directory: StackDirectory) -> None:
    argv = ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1000; done"]
    process = await Process.spawn(directory, "deaf", argv, log_path=directory.path / "log")
    await until(lambda: process.tail() == "deaf")

    end_stack(directory)

    assert await process.wait() == -signal.SIGKILL
    assert not directory.path.exists()


def test_a_later_process_with_a_listed_pid_is_left_alone(directory: StackDirectory) -> None:
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        found = process_table.entry(stranger.pid)
        assert found
        os.write(directory.lock, f"{stranger.pid} {found.started - 1} {signal.SIGKILL:d}\n".encode())

        end_stack(directory)

        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_was_never_listed_is_found_by_its_mark(directory: StackDirectory) -> None:
    environment = {**os.environ, ENVIRONMENT: str(directory.path)}
    with subprocess.Popen(["sleep", "1000"], env=environment, start_new_session=True) as unlisted:
        end_stack(directory)

        assert unlisted.wait(5) == -signal.SIGKILL
