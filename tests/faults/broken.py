"""`python -m tests.faults.broken --without GUARD MODULE`: a process of the mesh with a guard taken away.

For the negative controls alone: a checker that stays green without the guard proves nothing. The product
has no such switch; a guard is taken away here, from outside, before the process starts.
"""

import argparse
import asyncio
import random
import runpy
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

_LATE_S = 0.2
_STOPPED_S = 2.0
_RENAMED = 0.1


def _fence() -> None:
    """A host that looks at its term, and then sends whatever has happened since: it may have been stopped."""
    from shardhost import attempt, send_loop
    from shardhost.clock import boottime
    from shardhost.transports.transport import Outgoing, TransportError

    checked = attempt.attempt

    async def late(hand: Any, device: Any, send: Any) -> Any:
        looked = boottime()
        await asyncio.sleep(_LATE_S)
        if boottime() - looked > _STOPPED_S:
            message = hand.message
            key = replace(device._connection.key, epoch=message.epoch)
            with suppress(TransportError):
                session = await device._transport.open(
                    key, lambda _event: None, lambda _inbound: None, lambda _receipt: None
                )
                await session.send(Outgoing(message.recipient, "late", message.wire_id))
        return await checked(hand, device, send)

    _put(send_loop, "attempt", late)


def _session() -> None:
    """A host that goes on when it has lost its place in Consul."""
    from shardhost.claims.controller import Controller

    _put(Controller, "session_lost", lambda _self: None)


def _epoch() -> None:
    """A dispatch that grants a lease whatever its epoch and whoever has it."""
    from services.dispatch.leases.proof import LockProofs, Proofs

    async def believed(_self: Any, _claimant: Any, claims: Any) -> Any:
        return Proofs(frozenset(claims))

    _put(LockProofs, "of", believed)
    _edit("claim", "AND l.epoch < a.epoch AND NOT EXISTS (", "AND NOT EXISTS (")
    _edit("claim", "AND h.expires_at > clock_timestamp())))", "AND false)))")


def _pacing() -> None:
    """A dispatch that hands to some devices whatever the gap; the rest of it is not told either."""
    from services.dispatch.devices.slot import Slot

    # Not to all: a lead whose messages all go at once has none left to refuse when it says stop.
    _edit_hand(
        "WHEN gap_s > $8::float8 THEN 'paced'",
        "WHEN gap_s > $8::float8 AND device_id % 5 > 0 THEN 'paced'",
    )
    gap = "WHEN NOT j.is_trace_only THEN j.gap_s"
    _edit_hand(gap, gap.replace("j.gap_s", "(j.device_id % 5 > 0)::int * j.gap_s"))
    _put(Slot, "sent", lambda _self, _at, _ahead_s: None)


def _suppression() -> None:
    """A dispatch that does not ask who said stop."""
    _edit_hand("WHEN is_suppressed THEN 'suppressed'", "")


def _order() -> None:
    """A dispatch that finds the first steps late, and hands the later ones meanwhile."""
    _edit_hand("WHEN behind_until > now() + interval '1 min' AND NOT is_left_over THEN 'deferred'", "")
    _edit_hand("WHEN behind_until IS NOT NULL THEN 'behind'", "")
    due = "AND (not_before IS NULL OR not_before <= now())"
    _edit("scan", due, f"{due} AND (message.position > 2 OR scheduled_at < now() - interval '3 s')")


def _wire_id() -> None:
    """A host that makes new ids for attempts."""
    from shardhost import send_loop
    from shardhost.attempt import send_plainly

    def renamed(hand: Any, session: Any, outgoing: Any) -> Any:
        # Not for all: what else is broken shows in messages that can be told by their ids.
        if random.random() < _RENAMED:
            outgoing = replace(outgoing, wire_id=f"3EB0{secrets.token_hex(9).upper()}")
        return send_plainly(hand, session, outgoing)

    _put(send_loop, "send_plainly", renamed)


def _record() -> None:
    """A dispatch that now and then writes down something else than it was told."""
    _edit(
        "record_outcomes",
        "ELSE t.state::message_state END",
        "WHEN t.state = 'sent' AND t.message_id % 25 = 0 THEN 'failed' ELSE t.state::message_state END",
    )


def _replay() -> None:
    """A host that forgets what dispatch did not acknowledge, and what it sent last."""
    from services.runtime.buffer import SendBuffer
    from shardhost.credit import Credit
    from shardhost.outcomes import Outcomes

    def forget(self: Outcomes) -> None:
        for report in self._buffer._kept:
            self._waiting[report.shard] -= 1
            if report.device is not None:
                report.device.acknowledged()
        self._buffer = SendBuffer(10**6)

    _put(Outcomes, "replay", forget)
    _put(Credit, "last_word_on", lambda _self, _hand: None)


GUARDS: dict[str, Callable[[], None]] = {
    "fence": _fence,
    "session": _session,
    "epoch": _epoch,
    "pacing": _pacing,
    "suppression": _suppression,
    "order": _order,
    "wire-id": _wire_id,
    "record": _record,
    "replay": _replay,
}


_MODULES = {"dispatch": "services.dispatch", "host": "shardhost"}


def without(guards: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """For `Mesh(modules=…)`: guards by kind of process."""
    return {
        kind: (__name__, *(word for name in names for word in ("--without", name)), _MODULES[kind])
        for kind, names in guards.items()
    }


def _put(owner: object, name: str, value: object) -> None:
    """Replace what must be there: a control that changes nothing must not pass for one."""
    getattr(owner, name)
    setattr(owner, name, value)


def _edit_hand(old: str, new: str) -> None:
    _edit("hand", old, new)


def _edit(name: str, old: str, new: str) -> None:
    """Change one statement of dispatch; a control that changes nothing must not pass for one."""
    [statements] = [every for every in _statements() if name in every]
    if old not in statements[name]:
        raise ValueError(f"the statement {name!r} has no {old!r}")
    statements[name] = statements[name].replace(old, new)


def _statements() -> list[dict[str, str]]:
    from services.dispatch.due import store as due
    from services.dispatch.hand import store as hand
    from services.dispatch.leases import store as leases
    from services.dispatch.outcomes import store as outcomes

    return [store.SQL.statements for store in (due, hand, leases, outcomes)]


def main() -> None:
    """Take the guard away and become the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", required=True, action="append", choices=sorted(GUARDS))
    parser.add_argument("module")
    arguments = parser.parse_args()
    for guard in arguments.without:
        GUARDS[guard]()
    runpy.run_module(arguments.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
