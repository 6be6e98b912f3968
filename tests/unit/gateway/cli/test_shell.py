"""The command in the tests' own process is the program, and leaves nothing behind."""

import asyncio
import os
import sys

from tests.support.shell import Shell


async def test_a_command_here_ends_as_the_program_does() -> None:
    shell = Shell(KOMPANG_GATEWAY_ADDRESS="nowhere")
    for args in (("leads", "list"), ("leads", "lsit"), ("messages", "get", "x"), ("leads", "erase", "1")):
        assert await shell.run(*args) == await shell.run_program(*args), args


async def test_nothing_of_a_command_stays_in_the_process() -> None:
    before = dict(os.environ), sys.stdin, sys.stdout, sys.stderr
    await Shell(KOMPANG_API_KEY="kpg_x").run("leads", "list")
    assert (dict(os.environ), sys.stdin, sys.stdout, sys.stderr) == before


async def test_a_command_sees_its_own_variables_and_none_of_the_machine(monkeypatch) -> None:
    monkeypatch.setenv("KOMPANG_API_KEY", "kpg_of_the_machine")
    [line] = (await Shell(KOMPANG_GATEWAY_ADDRESS="127.0.0.1:1").run("leads", "list")).errors
    assert line == "kompang: KOMPANG_API_KEY: must be set"


async def test_commands_at_once_keep_their_outputs_apart() -> None:
    named = await asyncio.gather(*(Shell().run(name, "--help") for name in ("leads", "messages", "devices")))
    assert [each.out.split()[2] for each in named] == ["leads", "messages", "devices"]
