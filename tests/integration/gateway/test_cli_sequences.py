"""`kompang sequences` as a marketer runs it."""

import asyncio
import json
import os
import pty
import signal
from pathlib import Path

import grpc
import pytest

from gateway.cli.sequences.apply import ApplyRun
from gateway.cli.sequences.commands import compared
from gateway.cli.sequences.plan import Plan
from gateway.client import Client as CommandClient
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import KompangError
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.shell import Ended, Shell
from tests.support.slowness import patient

SAMPLE = Path(__file__).parents[3] / "docs/sequences.yaml"
FILE = """\
sequences:
  - name: cold
    trigger: COLDEXSTART
    active: true
    next: warm
    steps:
      - offset: 5m
        text: |
          Hi {name},
          we have a shop.
      - {offset: 12h5m, text: "Any questions?"}
  - name: warm
    steps:
      - {offset: 12h, text: "How are you?"}
"""


class Author:
    """Who runs the command in a folder of their own."""

    def __init__(self, gateway: Gateway, key: str, folder: Path) -> None:
        self.client = Client(gateway.channel, key)
        self.file = folder / "plan.yaml"
        self.shell = Shell.of(gateway.address, key)

    async def run(self, *args: str) -> Ended:
        return await self.shell.run("sequences", *args)

    async def apply(self, text: str, *args: str) -> Ended:
        self.file.write_text(text)
        return await self.run("apply", str(self.file), *args)

    async def applied(self, text: str) -> dict[str, tuple[str, str]]:
        """Action and result of each sequence."""
        code, out, err = await self.apply(text, "--yes", "--output", "json")
        assert (code, err) == (0, "")
        return outcomes(out)

    async def sequence(self, slug: str) -> pb.Sequence:
        request = pb.GetSequenceRequest(name=f"sequences/{slug}")
        found: pb.Sequence = await self.client.call(self.client.sequences.GetSequence, request)
        return found


def outcomes(out: str) -> dict[str, tuple[str, str]]:
    return {each["name"]: (each["action"], each["result"]) for each in json.loads(out)["sequences"]}


@pytest.fixture
async def author(gateway: Gateway, tmp_path: Path) -> Author:
    return Author(gateway, await gateway.key("acme"), tmp_path)


async def test_a_file_is_applied_once(author: Author) -> None:
    assert await author.applied(FILE) == {
        "sequences/warm": ("create", "applied"),
        "sequences/cold": ("create", "applied"),
    }
    cold = await author.sequence("cold")
    assert (cold.state, cold.next_sequence) == (pb.Sequence.STATE_ACTIVE, "sequences/warm")
    assert [(step.offset.seconds, step.text) for step in cold.steps] == [
        (300, "Hi {name},\nwe have a shop."),
        (43_500, "Any questions?"),
    ]
    assert set((await author.applied(FILE)).values()) == {("unchanged", "unchanged")}
    assert await author.sequence("cold") == cold
    code, out, err = await author.apply(FILE)
    assert (code, out) == (2, "")
    assert "--yes" in err
    code, out, err = await author.apply(FILE, "--yes")
    assert (code, err, out.splitlines()[-1]) == (0, "", "nothing to change")


async def test_only_what_is_mentioned_changes(author: Author) -> None:
    await author.applied(FILE)
    before = await author.sequence("cold")
    text = "sequences: [{name: cold, on_reply: hold, active: false}]"
    assert await author.applied(text) == {"sequences/cold": ("update", "applied")}
    after = await author.sequence("cold")
    assert (after.on_reply, after.state) == (pb.OnReply.ON_REPLY_HOLD, pb.Sequence.STATE_INACTIVE)
    assert (after.revision, after.steps, after.trigger) == (1, before.steps, before.trigger)
    changed = FILE.replace("Any questions?", "Any other questions?").replace("5m\n", "10m\n")
    assert (await author.applied(changed))["sequences/cold"] == ("update", "applied")
    newest = await author.sequence("cold")
    assert (newest.revision, newest.state) == (2, pb.Sequence.STATE_ACTIVE)
    assert newest.on_reply == pb.OnReply.ON_REPLY_HOLD


async def test_the_difference_is_shown_first(author: Author) -> None:
    code, out, err = await author.apply(FILE, "--dry-run")
    assert (code, err) == (0, "")
    assert "+ sequences/cold is new" in out
    listed = await author.client.call(author.client.sequences.ListSequences, pb.ListSequencesRequest())
    assert not listed.sequences
    await author.applied(FILE)
    changed = FILE.replace("a shop", "two shops").replace("12h5m", "1d")
    _, out, _ = await author.apply(changed, "--dry-run")
    assert out.splitlines() == [
        "= sequences/warm is unchanged",
        "~ sequences/cold changes",
        "    step 1",
        "        Hi {name},",
        "      - we have a shop.",
        "      + we have two shops.",
        "    step 2",
        "      offset: 12h5m → 1d",
        "not applied: --dry-run",
    ]
    _, out, _ = await author.apply(changed, "--dry-run", "--output", "json")
    [_, cold] = json.loads(out)["sequences"]
    assert cold["result"] == "not_applied"
    assert cold["changes"][1] == {"field": "steps[1].offset", "before": "12h5m", "after": "1d"}
    assert (await author.sequence("cold")).revision == 1


async def test_what_is_got_as_yaml_is_applied_as_it_is(author: Author) -> None:
    await author.applied(SAMPLE.read_text())
    for slug in ("cold", "warm", "hot"):
        before = await author.sequence(slug)
        code, out, err = await author.run("get", slug, "--output", "yaml")
        assert (code, err) == (0, "")
        assert await author.applied(out) == {f"sequences/{slug}": ("unchanged", "unchanged")}
        assert await author.sequence(slug) == before


async def test_a_terminal_is_asked(author: Author) -> None:
    author.file.write_text(FILE)

    async def answered(text: bytes) -> tuple[int, str]:
        """What comes of an answer; of Ctrl-C when there is none."""
        ours, theirs = pty.openpty()
        process = await author.shell.begin("sequences", "apply", str(author.file), stdin=theirs)
        os.close(theirs)
        assert process.stderr is not None
        await asyncio.wait_for(process.stderr.readuntil(b"Apply?"), patient(30))
        if text:
            os.write(ours, text)
        else:
            process.send_signal(signal.SIGINT)
        out, _ = await asyncio.wait_for(process.communicate(), patient(30))
        os.close(ours)
        return process.returncode or 0, out.decode()

    code, out = await answered(b"n\n")
    assert code == 1
    assert "+ sequences/cold is new" in out
    assert (await author.run("get", "cold"))[0] == 1
    assert (await answered(b""))[0] == 130
    assert (await author.run("get", "cold"))[0] == 1
    code, out = await answered(b"y\n")
    assert (code, out.splitlines()[-2:]) == (0, ["sequences/warm applied", "sequences/cold applied"])
    assert (await author.sequence("cold")).state == pb.Sequence.STATE_ACTIVE


async def test_a_failure_in_the_middle_is_completed_by_the_next_time(author: Author) -> None:
    # `warm` listens for nothing and nothing links to it: the gateway refuses to activate it, at the end.
    text = FILE.replace("    next: warm\n", "") + "    active: true\n"
    code, out, err = await author.apply(text, "--yes", "--output", "json")
    assert code == 1
    assert outcomes(out) == {
        "sequences/cold": ("create", "applied"),
        "sequences/warm": ("create", "failed"),
    }
    assert err.startswith("kompang: sequences/warm: sequences/warm has no trigger")
    assert "apply the file again" in err
    assert err.count("\n") == 1
    assert (await author.sequence("warm")).state == pb.Sequence.STATE_INACTIVE
    mended = text + "    trigger: WARM\n"
    assert await author.applied(mended) == {
        "sequences/cold": ("unchanged", "unchanged"),
        "sequences/warm": ("update", "applied"),
    }


async def test_what_only_the_gateway_knows_is_told_with_its_place(author: Author) -> None:
    await author.applied("sequences: [{name: bare}]")
    code, out, err = await author.apply("sequences:\n- name: bare\n  variation: none\n", "--yes")
    assert code == 1
    assert out.splitlines()[-1] == "sequences/bare not applied"
    assert err.startswith(f"kompang: {author.file}:3:14: bare.variation: is kept with the steps, and this")
    assert err.count("\n") == 1


async def test_nothing_is_written_while_anything_is_wrong(author: Author) -> None:
    code, out, err = await author.apply(FILE.replace("are you", "are {you}"), "--yes")
    assert (code, out) == (1, "")
    assert err.startswith(f"kompang: {author.file}:14:38: warm.steps[0].text: '{{you}}' is no variable")
    assert (await author.run("get", "cold"))[0] == 1
    author.file.write_bytes(b"sequences:\n- name: \xff\n")
    code, _, err = await author.run("apply", str(author.file), "--yes")
    assert (code, err) == (1, f"kompang: {author.file}:2:1: is not UTF-8; save the file as such\n")


async def test_somebody_elses_change_meanwhile_is_not_overwritten(author: Author) -> None:
    """Between what was shown and what is written."""
    await author.applied(FILE)
    plan = Plan.of(author.file)
    author.file.write_text(FILE.replace("Any questions?", "Questions?"))
    plan = Plan.of(author.file)
    given = author.shell.environment
    async with CommandClient.opened(given["KOMPANG_GATEWAY_ADDRESS"], given["KOMPANG_API_KEY"]) as client:
        apply_run = ApplyRun(await compared(client, plan))
        await author.run("deactivate", "cold")
        with pytest.raises(KompangError) as refused:
            await apply_run.run(client)
    assert refused.value.code is grpc.StatusCode.ABORTED
    assert (await author.sequence("cold")).revision == 1


async def test_sequences_are_listed_shown_and_switched(author: Author) -> None:
    await author.applied(FILE)
    code, out, _ = await author.run("list")
    assert code == 0
    assert ["cold", "active", "COLDEXSTART", "2", "12h5m", "warm", "1"] in [
        [cell.strip() for cell in line.strip("│").split("│")][:7] for line in out.splitlines()
    ]
    _, out, _ = await author.run("list", "--output", "json")
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["sequences/warm", "sequences/cold"]
    _, out, _ = await author.run("get", "sequences/cold")
    assert "step 1, at 5m\n  Hi {name},\n  we have a shop." in out.replace("    ", "  ")
    assert await author.run("deactivate", "cold") == (0, "sequences/cold is inactive\n", "")
    code, out, _ = await author.run("activate", "cold", "--output", "json")
    assert (code, json.loads(out)["state"]) == (0, "STATE_ACTIVE")
    for expected, args in (
        (1, ("get", "nobody")),
        (1, ("enroll", "warm")),
        (2, ("get", "Cold Leads")),
        (2, ("apply", "nowhere.yaml")),
        (2, ("apply", str(author.file), "--output", "json")),
    ):
        code, out, err = await author.run(*args)
        assert (code, out, bool(err)) == (expected, "", True), args
    author.shell.environment["KOMPANG_GATEWAY_ADDRESS"] = "127.0.0.1:9"
    assert (await author.run("list"))[0] == 3
