"""A mesh under a virtual clock: hosts, dispatch replicas, Consul, Postgres and the network.

Everything that is decided by chance is drawn from `random`, seeded by the schedule; so a seed is a
schedule, and the same seed gives the same one again.
"""

import itertools
import math
import random
from dataclasses import dataclass, field
from typing import Any

from services.runtime.discovery.client import Instance
from tests.model.consul import Consul
from tests.model.database import TRACEABLE, Database, Device, Guards
from tests.model.invariants import Checker
from tests.model.loop import Process, Timeline
from tests.model.network import Network, Rules
from tests.model.network_behavior import Conditions
from tests.model.processes import Replica, ShardHost
from tests.model.wire import Call

# Ten times what a quartz clock may be off.
DRIFT = 0.001

Line = tuple[float, str, tuple[Any, ...]]
"""When, who, and what happened."""


@dataclass(frozen=True)
class Shape:
    """How large the world of one schedule is."""

    hosts: int
    replicas: int
    shards: int
    devices: int
    leads: int
    steps: int
    gap: float


@dataclass
class World:
    """Built at time 0, with every process started."""

    shape: Shape
    guards: Guards = field(default_factory=Guards)
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        self.timeline = Timeline()
        self.trace: list[Line] = []
        self.conditions = Conditions(self.timeline)
        self.consul = Consul(self.timeline)
        self.network = Network(self.timeline, self.conditions, self.rules)
        self.database = Database(lambda: self.timeline.now, self.shape.shards, self.guards)
        self.checker = Checker(self)
        self.replicas: dict[str, Replica] = {}
        self.hosts: dict[str, ShardHost] = {}
        self.incarnations: list[ShardHost] = []
        self.calls: list[tuple[ShardHost, Replica, Call]] = []
        self.stays_away: set[str] = set()
        # The kinds of the faults that it had.
        self.struck: list[str] = []
        self._processes: dict[Process, ShardHost] = {}
        self._numbers = itertools.count(1)
        self._watch()
        self._populate()
        for number in range(self.shape.replicas):
            self.start_replica(f"dispatch-{number}")
        for number in range(self.shape.hosts):
            self.start_host(f"host-{number}")

    def note(self, who: str, *what: Any) -> None:
        """A line of the trace."""
        self.trace.append((self.timeline.now, who, what))

    def rate(self) -> float:
        """How fast a process's clock runs."""
        return 1.0 + random.uniform(-DRIFT, DRIFT)

    def incarnation_of(self, process: Process) -> ShardHost:
        return self._processes[process]

    def name_of(self, incarnation: str) -> str:
        """The host's, also when the database has forgotten it: a claim may have waited for long."""
        return next(host.name for host in self.incarnations if host.incarnation == incarnation)

    def processes(self) -> list[Process]:
        """All that were ever started."""
        return [host.process for host in self.incarnations] + [r.process for r in self.replicas.values()]

    # Processes come and go

    def start_host(self, name: str) -> None:
        """Start a process under this name; another one of that name may still live."""
        self.note(name, "starts")
        host = ShardHost(self, name)
        self.hosts[name] = host
        self.incarnations.append(host)
        self._processes[host.process] = host

    def start_replica(self, name: str) -> None:
        self.note(name, "starts")
        replica = Replica(self, name)
        address = f"{name}.{next(self._numbers)}"
        self.replicas[address] = replica
        self.consul.replicas[name] = Instance(name, address)

    def kill(self, victim: ShardHost | Replica) -> None:
        """SIGKILL: connections break, Consul's check fails soon."""
        if victim.process.is_dead:
            return
        self.note(victim.name, "is killed")
        self._bury(victim)
        self._start_again(victim, random.uniform(0.1, 4.0))

    def ended(self, process: ShardHost | Replica) -> None:
        """It has exited by itself, after SIGTERM or because its name was taken."""
        if process.process.is_dead:
            return
        self.note(process.name, "has ended")
        self._bury(process)
        self._start_again(process, random.uniform(0.1, 2.0))

    def _bury(self, gone: ShardHost | Replica) -> None:
        gone.process.kill()
        for host, replica, call in self.calls:
            if gone in (host, replica):
                call.break_(0.01)
        self.calls = [call for call in self.calls if gone not in call[:2]]
        if isinstance(gone, Replica):
            known = self.consul.replicas.get(gone.name)
            self.timeline.after(1.0, None, self._forget, gone.name, known)

    def _forget(self, name: str, known: Instance | None) -> None:
        if self.consul.replicas.get(name) == known:
            self.consul.replicas.pop(name, None)

    def _start_again(self, gone: ShardHost | Replica, after: float) -> None:
        if isinstance(gone, Replica):
            self.timeline.after(after, None, self.start_replica, gone.name)
        elif self.hosts[gone.name] is gone:
            self.timeline.after(after, None, self._start_host_again, gone)

    def _start_host_again(self, gone: ShardHost) -> None:
        if gone.name not in self.stays_away and self.hosts[gone.name] is gone:
            self.start_host(gone.name)

    # What the replicas' loops may skip

    def has_dead(self, grace: float) -> bool:
        now = self.timeline.now - grace
        return any(host.expires < now for host in self.database.hosts.values())

    def has_left_over(self, replica: Replica) -> bool:
        slots = (replica.roster.slot(d.id) for d in self.database.devices_by_id.values() if d.in_flight)
        return any(slot is not None and slot.is_idle for slot in slots)

    def has_due(self, horizon: float) -> bool:
        until = self.timeline.now + horizon
        return any(
            m.due <= until and m.state.value == "pending" and m.not_before <= self.timeline.now
            for m in self.database.messages.values()
        )

    def has_changed_devices(self) -> bool:
        now = self.timeline.now
        return any(
            d.state != "active" or d.updated > now - 10
            for d in self.database.devices_by_id.values()
            if d.updated
        )

    def is_final(self) -> bool:
        are_final = all(self.checker.is_final(message) for message in self.database.messages.values())
        return are_final and not self.network.to_come and not self._untold()

    def limit_first_contacts(self, dice: random.Random) -> None:
        """Each device may begin one chat a short day; some begin none any more, and have some chats."""
        self.database.day_s = 3.0
        for device in self.database.devices_by_id.values():
            device.first_cap = 1
            if dice.random() < 0.3:
                device.first_held_until = math.inf
                device.chats_at_first = frozenset(lead for lead in self.database.leads if dice.random() < 0.5)
                device.chats.update(device.chats_at_first)
        self.conditions.new_chats_refused = dice.choice((0.0, 0.3))
        self.conditions.chats_refused = dice.choice((0.0, 0.0, 0.2))

    def let_trace(self, dice: random.Random) -> None:
        """Its devices can find out what became of a send, late or now and then not; look-ups are slow."""
        for device in self.database.devices_by_id.values():
            device.transport = TRACEABLE
        # A send may still be under way when its host gives it up.
        self.conditions.lateness = 5.0
        self.conditions.unclear_traces = dice.choice((0.0, 0.2, 0.6))
        self.conditions.late_traces = dice.choice((0.0, 0.3))
        self.conditions.slow_look_ups = dice.choice((0.0, 0.1, 0.5))

    def _untold(self) -> bool:
        devices = self.database.devices_by_id
        return any(
            untold and not self.checker.is_deaf(devices[device])
            for device, untold in self.network.untold.items()
        )

    def _watch(self) -> None:
        self.timeline.observe = self._observe
        # The account never stops changing its words.
        self.database.wording = lambda: 1 + int(self.timeline.now)
        self.database.on_state = self.checker.stepped
        self.database.on_end_of_flight = self.checker.landed
        self.database.on_hand = self.checker.handed
        self.database.on_grant = self._granted
        self.network.on_leave = self.checker.left
        self.network.on_accept = self.checker.accepted

    def _observe(self, process: Process) -> None:
        host = self._processes.get(process)
        if host is not None:
            self.checker.acted(host)

    def _granted(self, shard: int, epoch: int, incarnation: str) -> None:
        self.note("database", "grants shard", shard, "under", epoch, "to", self.name_of(incarnation))
        self.checker.granted(shard, epoch, incarnation)

    def _populate(self) -> None:
        shape = self.shape
        for number in range(1, shape.devices + 1):
            transport = "neonize" if number % 2 == 0 else "simulated"
            gap = shape.gap
            self.database.add(
                Device(number, number % shape.shards, transport, min_delay=gap, max_delay=gap * 1.5)
            )
        devices = list(self.database.devices_by_id.values())
        for lead in range(shape.leads):
            start = random.uniform(0.0, 5.0)
            dues = [start + step * random.choice((0.0, 0.2, 2.0)) for step in range(shape.steps)]
            first = 1 + lead * shape.steps
            self.database.enroll(lead, devices[lead % len(devices)], sorted(dues), first)
