"""Sequences are edited under way, and leads in flight are moved while their messages go out."""

from collections import defaultdict

from infra.local.network.ledger import text_hash
from kompang.v1 import messages_pb2
from tests.scenarios.integrator import CHAIN, lead_name, lead_phone, text
from tests.scenarios.load import APART_S, Load, loaded, unless_away
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually

EDITS = 4
LAST = "hot 3"
# What every lead gets of the chain, whichever version it is said in.
STEPS = [f"{slug} {n}" for slug, steps in CHAIN for n in range(1, steps + 1)]


def said(step: str, edit: int) -> str:
    """The text of a step after so many edits."""
    slug, n = step.split()
    return text(slug, int(n)) + (f", edit {edit}" if edit else "")


async def test_each_step_once_and_in_order_whatever_version_says_it(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        moved = 0
        for edit in range(1, EDITS + 1):
            await load.until_accepted(load.expected * edit // (EDITS + 4))
            # Each edit says everything otherwise, at other times; the last one adds a step.
            for slug in ("warm", "hot"):
                steps = [step for step in STEPS if step.startswith(slug)]
                if slug == "hot" and edit == EDITS:
                    steps.append(LAST)
                texts = [said(step, edit) for step in steps]
                await load.client.revise(slug, texts, apart_s=APART_S * (1 + edit % 2))
            moved += (await load.client.move("hot")).moved_count
        assert moved
        await eventually(lambda: _is_over(load), within_s=60, every_s=0.5, what="nothing is pending")
        got = _heard(load)
        for heard in got.values():
            assert heard[: len(STEPS)] == STEPS
            assert heard[len(STEPS) :] in ([], [LAST])
        assert any(heard[-1] == LAST for heard in got.values())
    await assert_reconciled(mesh)


async def _is_over(load: Load) -> bool:
    found = await unless_away(load.client.messages())
    open_ = (messages_pb2.Message.STATE_PENDING, messages_pb2.Message.STATE_HANDED)
    return found is not None and not any(message.state in open_ for message in found)


def _heard(load: Load) -> dict[str, list[str]]:
    """The steps that each lead got, by the ledger alone."""
    steps = {
        text_hash(said(step, edit).replace("{name}", lead_name(number))): step
        for step in (*STEPS, LAST)
        for edit in range(EDITS + 1)
        for number in range(len(load.leads))
    }
    got: dict[str, list[str]] = defaultdict(list)
    for entry in load.ledger():
        if not entry.repeat:
            got[entry.recipient].append(steps[entry.text_hash])
    assert got.keys() == {lead_phone(n).removeprefix("+") for n in range(len(load.leads))}
    return got
