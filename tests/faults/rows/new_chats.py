"""Row 19: the network lets a quarter of the devices begin few chats, and refuses the others (WhatsApp's 463).

What they may not begin waits with them, and the chats that they have go on; no other device notices.
"""

import random
from collections.abc import Iterable, Iterator, Mapping

from infra.local.network import presets
from infra.local.network.ledger import Entry
from kompang.simulation.v1 import behavior_pb2
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.verdict import Broken
from tests.support import rows

_LOCKED_S = 40.0
_STEPS = 3
# A device begins a chat every eight seconds or so.
_LIMIT = behavior_pb2.NewChats(most=1, window_ms=20_000, hold_ms=12_000)
# The holds of 12, 24 and 48 seconds take more than that: nobody tries into one.
_MOST_REFUSED = 3
# What the host's clock and the database's may differ by here, with the way to the network.
_SLACK_S = 0.5


async def run(draw: random.Random, locked_s: float = _LOCKED_S) -> str:
    """How many devices were held, and what they sent meanwhile. Raises Broken."""
    async with fault_run(draw) as stage:
        locked = set(stage.draw.sample(sorted(stage.quick), len(stage.quick) // 4))
        known = await _second_sequence(stage)
        await stage.behave(_locking(locked))

        async def are_held() -> bool:
            return len(await _held(stage)) >= len(locked) // 2

        await stage.until(are_held, "half of the devices may begin no chat", locked_s)
        await stage.owner.fetch(SQL.enroll_known, known)
        await stage.pause(locked_s / 2)
        held = await _held(stage)
        stage.watch.look()
        warm, cold = _sent_while_held(stage.watch.entries, held)
        stats = await stage.stats()
        refused = stats.refused_counts["FAILURE_REACH_OUT_LIMIT"]
        await stage.behave(presets.usual())
        accepted = await stage.finish()
    if not held.keys() <= locked or len(held) < len(locked) // 2:
        raise Broken(f"{len(held)} devices were held, {len(held.keys() - locked)} of them without a limit")
    if cold:
        raise Broken(f"{cold} chats began while their devices were held")
    if not warm:
        raise Broken("no device that was held sent anything in the chats that it has")
    if refused > _MOST_REFUSED * len(locked):
        raise Broken(f"{refused} new chats of {len(locked)} devices were refused: they try into the hold")
    return (
        f"{len(held)} devices held, {warm} messages in their chats meanwhile, {refused} new ones refused;"
        f" {accepted} sends"
    )


async def _second_sequence(stage: FaultRun) -> int:
    """What people get whom a device knows: the load's own messages to one go all before the next's first."""
    connection = await stage.owner.connection()
    account: int = await connection.fetchval("SELECT min(id) FROM account")
    return await rows.sequence(connection, account, _STEPS, slug="known")


def _locking(devices: Iterable[str]) -> behavior_pb2.Behavior:
    script = presets.usual()
    for phone in devices:
        script.devices[phone].CopyFrom(script.conduct)
        script.devices[phone].new_chats.CopyFrom(_LIMIT)
    return script


async def _held(stage: FaultRun) -> dict[str, tuple[float, float]]:
    """Since when and until when the newest hold of each device is, in seconds since 1970."""
    rows = await stage.owner.fetch(SQL.chats_held)
    return {row["phone"]: (row["since"], row["until"]) for row in rows}


def _sent_while_held(entries: Iterable[Entry], held: Mapping[str, tuple[float, float]]) -> tuple[int, int]:
    """How many messages went in chats that there were, and how many began one."""
    sent = list(_begins(entries, held))
    return sent.count(False), sent.count(True)


def _begins(entries: Iterable[Entry], held: Mapping[str, tuple[float, float]]) -> Iterator[bool]:
    """Of each message in a hold whether it began a chat."""
    chats: set[tuple[str, str]] = set()
    for entry in entries:
        chat = entry.device, entry.recipient
        since, until = held.get(entry.device, (0.0, 0.0))
        if since < entry.time < until - _SLACK_S:
            yield chat not in chats
        chats.add(chat)
