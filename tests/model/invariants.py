"""What must hold at every instant, checked as things happen. The first breach ends the schedule.

    one sender    a send leaves only from the incarnation, and under the epoch, that the lease names at
                  that very instant; nobody else could send when a lease is granted; no host trusts its
                  term for longer than the database does; nothing is handed but to the lease's holder
    epochs        what the network accepts of a device comes under epochs that never go back
    once          one delivery a message, one wire id a message
    words         one text a message, in whatever words the account speaks meanwhile
    in flight     one message of a device handed at most; only that one leaves; what is handed is in flight
    states        every step of a message is one of `services.dispatch.state`
    sent          what the database calls sent is in the ledger, and what it calls delivered or read was so
    receipts      in the end the database knows all that became of messages
    order         the steps of a lead are accepted in their order
    chats         a device writes first to no more people on a day than it may, and to none while it may not;
                  its messages leave from it alone all the same
    stop          nothing leaves for a lead later than two seconds after its opt-out
    gap           from one accepted send of a device to the next: its minimum delay, less 50 ms
    liveness      once the faults are over every message becomes final within a bounded time
    moves         a shard moves no more often than hosts came and went
    loops         nothing dies of itself, and nothing fails so that it must be contained

Sends in the air: one that has left in time may be accepted after its lease has gone to another. The
network refuses it once the successor has connected (the newest connection wins), and that is why the
epochs in the ledger never go back all the same.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.dispatch.state import allowed
from services.message.state import MessageState
from shardhost.transports.receipt import ReceiptKind
from shardhost.transports.transport import TransportKind
from shardhost.worker import WorkerState
from tests.model.database import TRACEABLE, Device, Message
from tests.model.network import Accept, ModelSession

if TYPE_CHECKING:
    from tests.model.processes import ShardHost
    from tests.model.world import World

_S = MessageState
_WENT = frozenset({_S.SENT, _S.DELIVERED, _S.READ})
_FINAL = frozenset({*_WENT, _S.FAILED, _S.CANCELLED, _S.SUPPRESSED})
_TOLD = {_S.DELIVERED: ReceiptKind.DELIVERED, _S.READ: ReceiptKind.READ}
_TOLERANCE_S = 0.05
_STOP_S = 2.0


@dataclass(frozen=True)
class Breach:
    """Which invariant, and how."""

    invariant: str
    how: str


class Checker:
    """Told of everything by the world."""

    def __init__(self, world: "World") -> None:
        self.breach: Breach | None = None
        self._world = world
        self._wire_ids: dict[int, str] = {}
        self._texts: dict[int, str] = {}
        self._delivered: set[int] = set()
        self._accepted: set[int] = set()
        self._newest: dict[int, Accept] = {}
        self._epochs: dict[int, int] = {}
        self._owners: dict[int, str] = {}
        self.moves: dict[int, int] = {}
        # Of each device the leads that it has a chat with, and the day on which that began.
        self._chats: dict[int, dict[int, int | None]] = {}

    def died(self, who: str, error: BaseException) -> None:
        self._fail("loops", f"{who} died of {error!r}")

    def contained(self, places: Iterable[str]) -> None:
        """What the product's containment kept from killing a loop is a finding all the same."""
        for place in places:
            self._fail("loops", f"{place} was contained")

    # One sender

    def granted(self, shard: int, epoch: int, incarnation: str) -> None:
        """A lease is written."""
        world = self._world
        for host in world.incarnations:
            if host.incarnation != incarnation and could_send(host, shard):
                self._fail(
                    "one sender", f"shard {shard} is granted under {epoch} while {host.name} could send"
                )
        name = world.name_of(incarnation)
        if self._owners.get(shard, name) != name:
            self.moves[shard] = self.moves.get(shard, 0) + 1
        self._owners[shard] = name

    def acted(self, host: "ShardHost") -> None:
        """A host has done something: what it may send now, the database must say too."""
        if host.host is None or not host.host.fleet._workers or host.process.is_dead:
            return
        left = host.host.term.deadline - host.process.boottime()
        if left <= 0:
            return
        row = self._world.database.hosts.get(host.incarnation)
        if row is None or row.expires < self._world.timeline.now + left:
            self._fail(
                "one sender", f"{host.name} trusts its term for {left:.2f} s, the database less: {row}"
            )
        leases = self._world.database.leases
        for worker in host.host.fleet._workers.values():
            if worker.state is WorkerState.SERVING:
                lease = leases[worker.shard]
                if lease.incarnation != host.incarnation or lease.epoch != worker.epoch:
                    self._fail(
                        "one sender",
                        f"{host.name} serves shard {worker.shard} under {worker.epoch}; the lease: {lease}",
                    )

    def handed(self, message: Message, is_leased: bool) -> None:
        """The database hands a message; whether the lease was the asker's when the statement read it."""
        if not is_leased:
            self._fail("one sender", f"{message} is handed to who has no lease")

    def left(self, session: ModelSession, message_id: int) -> None:
        """A send leaves a host."""
        host = self._world.incarnation_of(session.process)
        message = self._world.database.messages[message_id]
        device, epoch = message.device, session.key.epoch
        self._world.note(host.name, "sends", message, "under", epoch)
        lease = self._world.database.leases[device.shard]
        if lease.incarnation != host.incarnation or lease.epoch != epoch:
            self._fail("one sender", f"{host.name} sends {message} under {epoch}; the lease: {lease}")
        elif message.state in _WENT and session.transport.kind is TransportKind.REPEATABLE:
            pass  # an earlier attempt was told late; the network knows the id
        elif (
            message.state not in (_S.HANDED, _S.UNKNOWN)
            or message.epoch != epoch
            or device.in_flight is not message
        ):
            # Unknown: the host was given up as dead, and came back to the same leases.
            self._fail(
                "in flight",
                f"{host.name} sends {message}, {message.state.value} under {message.epoch};"
                f" in flight: {device.in_flight}",
            )
        if session.key.device_id != device.id:
            self._fail("chats", f"{message} leaves from device {session.key.device_id}")
        self._not_after_stop(message)

    def _not_after_stop(self, message: Message) -> None:
        since = self._world.timeline.now - self._world.database.suppressed.get(message.lead, math.inf)
        if since > _STOP_S:
            self._fail("stop", f"{message} leaves {since:.2f} s after its lead's opt-out")

    # The ledger

    def accepted(self, accept: Accept) -> None:
        """The network has accepted a send."""
        message = self._world.database.messages[accept.message]
        self._world.note(
            "network", "accepts", message, "under", accept.epoch, "again" if accept.is_repeat else ""
        )
        if accept.epoch < self._epochs.get(accept.device, 0):
            self._fail(
                "epochs", f"{message} accepted under {accept.epoch} after {self._epochs[accept.device]}"
            )
        self._epochs[accept.device] = accept.epoch
        said = self._texts.setdefault(message.id, accept.text)
        if said != accept.text:
            self._fail("words", f"{message} says {accept.text!r} after {said!r}")
        if self._wire_ids.setdefault(message.id, accept.wire_id) != accept.wire_id:
            self._fail("once", f"{message} went as {self._wire_ids[message.id]} and as {accept.wire_id}")
        if accept.is_repeat:
            newest = self._newest[accept.device]
            if newest.message != message.id:
                self._fail("in flight", f"{message} is repeated after message {newest.message} has gone")
            return
        if message.id in self._delivered:
            self._fail("once", f"{message} is delivered twice")
        self._delivered.add(message.id)
        self._within_the_day(message)
        self._in_order(message)
        before = self._newest.get(accept.device)
        if before and accept.at - before.at < message.device.min_delay - _TOLERANCE_S:
            self._fail("gap", f"{message} {accept.at - before.at:.2f} s after message {before.message}")
        self._newest[accept.device] = accept

    def _within_the_day(self, message: Message) -> None:
        device = message.device
        chats = self._chats.setdefault(device.id, dict.fromkeys(device.chats_at_first))
        if message.lead in chats or not device.first_cap:
            return
        chats[message.lead] = message.day
        many = sum(day == message.day for day in chats.values())
        if many > device.first_cap or device.first_held_until == math.inf:
            self._fail("chats", f"{message} begins chat {many} of day {message.day}")

    def _in_order(self, message: Message) -> None:
        later = [m for m in self._world.database.leads[message.lead] if m.position > message.position]
        for other in later:
            if other.id in self._delivered:
                self._fail("order", f"{message} of lead {message.lead} is accepted after {other}")

    # The database

    def stepped(self, message: Message, state: MessageState) -> None:
        """The database is about to write a state."""
        self._world.note("database", message, "→", state.value)
        if not allowed(message.state, state):
            self._fail("states", f"{message}: {message.state.value} → {state.value}")
        if state is _S.HANDED:
            others = [m for m in message.device.messages if m.state is _S.HANDED and m is not message]
            if others:
                self._fail("in flight", f"{message} is handed while {others[0]} is")
        if state in _WENT and message.id not in self._delivered:
            self._fail("sent", f"{message} is called sent; the ledger does not know it")
        if state in _TOLD and _TOLD[state] not in self._world.network.receipts_of.get(message.id, ()):
            self._fail("sent", f"{message} is called {state.value}; it never was")

    def landed(self, message: Message) -> None:
        """The flight of a message ends."""
        if message.state is _S.HANDED:
            self._fail("in flight", f"{message} is handed, and in flight no more")

    # The end

    def is_final(self, message: Message) -> bool:
        """Whether nothing more will become of it by itself.

        `unknown` is final, and for people to resolve, where a repeat cannot or must not be made, or was
        refused for good. Where it can be found out what became of a message nothing stays unknown.
        """
        if message.state is _S.UNKNOWN and message.device.in_flight is not message:
            database = self._world.database
            is_over = message.lead in database.suppressed or message.lead in database.ended
            is_absent = message.id in self._world.network.absent
            if message.device.transport == TRACEABLE:
                return False
            return message.device.transport != "simulated" or is_over or is_absent
        return message.state in _FINAL or self._begins_never(message)

    def _begins_never(self, message: Message) -> bool:
        device = message.device
        return device.first_held_until == math.inf and message.lead not in device.chats

    def is_deaf(self, device: Device) -> bool:
        """Whether nothing more is told to any host: a device that waits for a person has no session."""
        return device.state == "parked"

    def ended(self, *, in_time: bool) -> None:
        """The schedule is over."""
        if self.breach:
            return
        changes = self._world.consul.member_changes
        for shard, moves in self.moves.items():
            if moves > changes + 1:
                self._fail("moves", f"shard {shard} moved {moves} times in {changes} changes of the members")
        for number, kinds in self._world.network.receipts_of.items():
            message = self._world.database.messages[number]
            newest = _S.READ if ReceiptKind.READ in kinds else _S.DELIVERED
            if message.state is not newest and not self.is_deaf(message.device):
                self._fail("receipts", f"{message} is {message.state.value}, and was {newest.value}")
        for device in self._world.database.devices_by_id.values():
            if device.first_hold and device.id not in self._world.network.locked:
                self._fail("chats", f"device {device.id} may begin none, and the network refused it none")
        messages = self._world.database.messages.values()
        left = [f"{m}: {m.state.value}" for m in messages if not self.is_final(m)]
        if left or not in_time:
            self._fail("liveness", f"not final: {', '.join(left)}")

    def _fail(self, invariant: str, how: str) -> None:
        if self.breach is None:
            self.breach = Breach(invariant, how)
            self._world.note("checker", "BREACH", invariant, how)
            self._world.timeline.halt()


def could_send(host: "ShardHost", shard: int) -> bool:
    """Whether a message of this shard would pass the host's own fence now; stopped hosts included."""
    if host.host is None or host.process.is_dead or not host.process.inside(host.host.term.holds):
        return False
    return any(
        worker.shard == shard
        and (
            worker.state is WorkerState.SERVING
            or (worker.state is WorkerState.DRAINING and not worker.is_idle)
        )
        for worker in host.host.fleet._workers.values()
    )
