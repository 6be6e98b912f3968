"""What a person or a script may rely on, whichever command it is."""

import asyncio
import signal
from pathlib import Path

import pytest

from kompang.v1 import campaigns_pb2
from tests.integration.gateway.mesh import Client, Gateway, lead
from tests.integration.gateway.test_explain import enrolled
from tests.support.command_tree import LEAVES
from tests.support.eventually import eventually
from tests.support.shell import Shell
from tests.support.slowness import patient

KEY = "kpg_a_0123456789abcdef0123"
# Those that change nothing, and how they are asked: each is run below.
READS = {
    ("account", "days"): (),
    ("account", "show"): (),
    ("campaigns", "forecast"): ("1",),
    ("campaigns", "get"): ("1",),
    ("campaigns", "list"): (),
    ("campaigns", "watch"): ("1",),
    ("devices", "get"): ("1",),
    ("devices", "list"): (),
    ("leads", "explain"): ("1",),
    ("leads", "export"): ("1",),
    ("leads", "get"): ("1",),
    ("leads", "list"): (),
    ("messages", "explain"): ("1",),
    ("messages", "get"): ("1",),
    ("messages", "list"): (),
    ("messages", "text"): ("1",),
    ("preview",): ("--step", "sequences/cold/steps/1"),
    ("sequences", "get"): ("cold",),
    ("sequences", "list"): (),
    ("top",): ("--once",),
}
CHANGES = {
    ("account", "update"),
    ("admin", "after-restore"),
    ("admin", "create-account"),
    ("admin", "create-key"),
    ("admin", "rehash"),
    ("admin", "release"),
    ("admin", "revoke-key"),
    # Of the database, not of the gateway: test_cli_keys.py, test_cli_quarantine.py.
    *(("admin", "keys", name) for name in ("create", "failures", "list", "revoke", "rotate")),
    *(("admin", "devices", name) for name in ("find", "outdated", "unlink")),
    *(("admin", "quarantine", name) for name in ("list", "show")),
    ("admin", "quarantine", "resolve"),
    # They ask Consul as well: tests/attacks/test_poisoned_epoch.py.
    ("admin", "shards", "list"),
    ("admin", "shards", "repair"),
    *(("campaigns", name) for name in ("cancel", "clone", "create", "delete", "launch")),
    *(("campaigns", name) for name in ("pause", "resume", "retry")),
    *(("leads", name) for name in ("erase", "import", "resume", "suppress", "undo-suppressions")),
    *(("leads", name) for name in ("confirm-suppression", "undo-suppression")),
    ("messages", "resolve"),
    *(("devices", name) for name in ("create", "release", "unlink", "update")),
    *(("sequences", name) for name in ("activate", "apply", "deactivate", "enroll", "move")),
}  # fmt: skip


@pytest.fixture
async def key(gateway: Gateway) -> str:
    """Of an account with a lead, two messages and a campaign that nothing can change any more."""
    made = await gateway.key("acme")
    client = Client(gateway.channel, made)
    await enrolled(gateway, client)
    draft = campaigns_pb2.Campaign(text="Hi {name}")
    await client.call(client.campaigns.CreateCampaign, campaigns_pb2.CreateCampaignRequest(campaign=draft))
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE campaign SET state = 'cancelled', ended_at = now()")
    return made


@pytest.fixture
def shell(gateway: Gateway, key: str) -> Shell:
    return Shell.of(gateway.address, key)


def test_every_command_is_known_here() -> None:
    assert {*READS} | CHANGES == {*LEAVES}


async def test_every_read_answers_json_a_line(shell: Shell) -> None:
    ended = await asyncio.gather(
        *(shell.run(*path, *args, "--output", "json") for path, args in READS.items())
    )
    for path, one in zip(READS, ended, strict=True):
        assert (one.code, one.err) == (0, ""), path
        assert one.objects, path
        # Of protobuf's two names for a field the one of its JSON.
        assert not [name for each in one.objects for name in each if "_" in name], path


@pytest.mark.parametrize(
    ("path", "told"),
    [(("messages", "get"), "messages/1 is pending"), (("messages", "text"), "this text would be sent")],
)
async def test_what_is_read_is_told_to_people(shell: Shell, path: tuple[str, ...], told: str) -> None:
    ended = await shell.run(*path, *READS[path])
    assert (ended.code, ended.err) == (0, "")
    assert told in ended.out


async def test_the_code_says_why_it_ended(gateway: Gateway, shell: Shell, tmp_path: Path) -> None:
    nobody = Shell(COLUMNS="200")
    stranger = Shell.of(gateway.address, KEY)
    away = Shell.of("127.0.0.1:1", KEY)
    empty = Shell.of("", KEY)
    no_database = Shell(KOMPANG_POSTGRES_DSN="postgresql://nobody@127.0.0.1:1/none")
    cases = (
        (1, shell, ("leads", "get", "99"), "leads/99"),
        (1, shell, ("campaigns", "pause", "1"), "campaign"),
        (1, stranger, ("messages", "list"), "API key"),
        (1, stranger, ("top", "--once"), "API key"),
        (
            2,
            nobody,
            ("messages", "list"),
            "KOMPANG_GATEWAY_ADDRESS: must be set; KOMPANG_API_KEY: must be set",
        ),
        (2, nobody, ("top",), "KOMPANG_API_KEY: must be set"),
        (2, nobody, ("admin", "create-key", "acme"), "KOMPANG_POSTGRES_DSN: must be set"),
        (3, no_database, ("admin", "create-key", "acme"), "is away; the same command may work later"),
        (2, empty, ("campaigns", "list"), "KOMPANG_GATEWAY_ADDRESS"),
        (2, shell, ("leads", "get", "nobody"), "leads/5"),
        (2, shell, ("leads", "list", "--limit", "0"), "--limit"),
        (2, shell, ("leads", "lsit"), "Did you mean 'list'?"),
        (2, shell, ("campaigns", "create", "--text", f"@{tmp_path}/none"), "none: No such file"),
        (3, away, ("campaigns", "list"), "the gateway at 127.0.0.1:1 is away"),
        (3, away, ("campaigns", "watch", "1"), "the gateway at 127.0.0.1:1 is away"),
        (3, away, ("leads", "suppress", "1"), "the gateway at 127.0.0.1:1 is away"),
        (3, away, ("top",), "the gateway at 127.0.0.1:1 is away"),
    )
    all_ended = await asyncio.gather(*(who.run(*args) for _, who, args, _ in cases))
    for (expected, _, args, told), ended in zip(cases, all_ended, strict=True):
        assert (ended.code, ended.out) == (expected, ""), (args, ended)
        [line] = ended.errors
        assert line.startswith("kompang: "), args
        assert told in line, args
        assert KEY not in line


async def test_a_program_exits_with_the_code_of_its_command(shell: Shell) -> None:
    away, nobody = Shell.of("127.0.0.1:1", KEY), Shell()
    for expected, who, name in ((0, shell, "1"), (1, shell, "99"), (2, nobody, "1"), (3, away, "1")):
        ended = await who.run_program("leads", "get", name)
        assert ended == await who.run("leads", "get", name)
        assert ended.code == expected


async def test_each_bad_field_has_its_line(shell: Shell) -> None:
    given = ("--text", "Hi {nme}", "--filter", "colour = red", "--min-delay", "2h", "--max-delay", "3h")
    ended = await shell.run("campaigns", "create", *given)
    assert (ended.code, ended.out) == (1, "")
    fields = [line.split(": ")[1] for line in ended.errors]
    assert {"campaign.min_delay", "campaign.max_delay", "campaign.text", "campaign.audience.filter"} >= {
        *fields
    }
    assert len(fields) >= 2


async def test_a_gateway_that_says_nothing_is_away(shell: Shell) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent:
        ended = await Shell.of(f"127.0.0.1:{port}", KEY).run("campaigns", "list")
    assert (ended.code, len(ended.errors)) == (3, 1)


async def test_ctrl_c_in_a_change_leaves_it_whole_or_undone(gateway: Gateway, shell: Shell) -> None:
    async with gateway.database.connection() as connection, gateway.database.connection() as looking:
        # The gateway's transaction waits here, with the change begun.
        held = connection.transaction()
        await held.start()
        await connection.execute("SELECT FROM lead WHERE id = 1 FOR UPDATE")
        process = await shell.begin("leads", "erase", "1", "--yes")

        async def waits() -> bool:
            return await looking.fetchval(
                "SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock' LIMIT 1"
            )

        await eventually(waits, within_s=30)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), patient(30))
        await held.rollback()
        assert (process.returncode, out) == (130, b"")
        [line] = err.decode().splitlines()
        assert line.startswith("kompang: interrupted before the answer: it is done whole or not at all")

        async def settled() -> bool:
            return not await looking.fetchval(
                "SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock' LIMIT 1"
            )

        await eventually(settled, within_s=30)
        ended = await shell.run("leads", "get", "1", "--output", "json")
        pending = await looking.fetchval("SELECT count(*) FROM message WHERE state = 'pending'")
        assert (ended.code, pending) in ((0, 2), (1, 0))


@pytest.mark.parametrize("args", [("top", "--output", "json"), ("top", "--once"), ("leads", "list")])
async def test_ctrl_c_is_one_line_wherever_it_comes(args: tuple[str, ...]) -> None:
    # Whoever accepts and never answers: the command is in the middle of its call.
    called = asyncio.Event()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with silent:
        process = await Shell.of(f"127.0.0.1:{silent.sockets[0].getsockname()[1]}", KEY).begin(*args)
        await asyncio.wait_for(called.wait(), patient(30))
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), patient(30))
    assert (process.returncode, out, err) == (130, b"", b"kompang: interrupted\n")


async def test_a_reader_who_has_read_enough_is_no_error(shell: Shell) -> None:
    process = await shell.begin("top", "--output", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    await asyncio.wait_for(process.stdout.readline(), patient(30))
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    err = await asyncio.wait_for(process.stderr.read(), patient(30))
    assert (await process.wait(), err) == (0, b"")


@pytest.mark.parametrize(
    "args", [("messages", "list"), ("--help",), ("leads", "import", "--help")], ids=" ".join
)
async def test_what_nobody_reads_is_no_error(shell: Shell, args: tuple[str, ...]) -> None:
    process = await shell.begin(*args)
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert process.stderr is not None
    err = await asyncio.wait_for(process.stderr.read(), patient(30))
    assert (await process.wait(), err) == (0, b"")


async def test_names_are_what_the_api_says_or_shorter(shell: Shell) -> None:
    long, short = await shell.run("leads", "get", "leads/1"), await shell.run("leads", "get", "1")
    assert long == short
    assert long.code == 0


async def test_a_long_list_is_read_page_by_page(gateway: Gateway, key: str, shell: Shell) -> None:
    client = Client(gateway.channel, key)
    for first in (1000, 2000):
        await client.upserted(*(lead(first + n) for n in range(1000)))
    listed = await shell.run("leads", "list", "--limit", "1500", "--output", "json")
    names = [each["name"] for each in listed.objects]
    assert (len(names), len({*names})) == (1500, 1500)
    listed = await shell.run("leads", "list", "--limit", "5000", "--output", "json")
    assert len(listed.objects) == 2001


async def test_completion_needs_no_gateway(tmp_path: Path) -> None:
    shell = Shell(HOME=str(tmp_path), SHELL="/usr/bin/fish")
    told = {"bash": "complete -o default", "zsh": "#compdef kompang", "fish": "complete --command kompang"}
    shown = [await shell.run("--show-completion", name) for name in told]
    for ended, text in zip(shown, told.values(), strict=True):
        assert (ended.code, ended.err) == (0, "")
        assert text in ended.out
    # As a program once: it reads its own arguments.
    assert await shell.run_program("--show-completion") == shown[-1]
    installed = await shell.run("--install-completion")
    assert (installed.code, installed.err) == (0, "")
    assert (tmp_path / ".config/fish/completions/kompang.fish").read_text().startswith("complete ")
    shell.environment["SHELL"] = "/bin/other"
    assert (await shell.run("--show-completion")).code == 2


async def test_completion_knows_commands_options_and_their_values() -> None:
    for words, expected in (
        ("kompang lea", {"leads"}),
        ("kompang leads e", {"erase", "explain", "export"}),
        ("kompang messages list --sta", {"--state"}),
        ("kompang messages list --state su", {"suppressed"}),
        ("kompang top --output ", {"text", "json"}),
    ):
        shell = Shell(
            COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1), _KOMPANG_COMPLETE="complete_bash"
        )
        ended = await shell.run()
        assert (ended.code, ended.err) == (0, "")
        assert {*ended.out.split()} == expected, words
    assert await shell.run_program() == ended


async def test_the_version_is_told() -> None:
    ended = await Shell().run_program("--version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("kompang 0.")


async def test_saying_nothing_shows_the_help() -> None:
    ended = await Shell().run()
    assert (ended.code, ended.out) == (2, "")
    assert "campaigns" in ended.err
