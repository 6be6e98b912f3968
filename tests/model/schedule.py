"""Schedules: a seed decides a world, its faults and all its random numbers.

SEED=1234 pytest tests/model -k replays -s     replays one and prints what happened in it
"""

import gc
import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from services.runtime import containment
from tests.model.controls import Control
from tests.model.database import Guards
from tests.model.invariants import Breach
from tests.model.network import Rules
from tests.model.processes import Replica, ShardHost, virtual
from tests.model.world import Line, Shape, World

FAULTS_S = 4.0
"""Faults begin until then; the longest ends 4 s later."""
CALM_S = 60.0
"""Within so long after the last fault everything is final."""
# What so few worlds leave behind is still in the processor's cache: collected in half the time of fifty.
_COLLECTED = 3


# Of eight schedules this one has receipts.
_WITH_RECEIPTS = 5
# And this one devices that may begin few chats.
_WITH_LIMITS = 2
# And this one devices of which it can be found out what became of a send.
_WITH_TRACES = 4


@dataclass(frozen=True)
class Ran:
    """How a schedule went."""

    seed: int
    breach: Breach | None
    events: int
    trace: tuple[Line, ...]
    world: World

    def history(self) -> str:
        """Returns everything that happened, a line each."""
        lines = [f"seed {self.seed}: {self.world.shape}"]
        lines += [f"{at:8.3f}  {who:<11} {' '.join(map(str, what))}" for at, who, what in self.trace]
        for device in self.world.database.devices_by_id.values():
            state = f"{device.state} {device.reason}".rstrip()
            lines.append(f"device {device.id}, shard {device.shard}: {state}; in flight: {device.in_flight}")
        if self.breach:
            lines.append(f"breach of '{self.breach.invariant}': {self.breach.how}")
        return "\n".join(lines)


def run(seed: int, without: Control | None = None) -> Ran:
    """One schedule; without one guard, if a control is given."""
    with virtual(), without.without() if without else nullcontext():
        return _run(seed, without)


def run_many(seeds: range, without: Control | None = None, covered: Counter[str] | None = None) -> Ran | None:
    """The first breach; with a control, the first of an invariant that it breaks.

    `covered` counts the schedules and the faults of each kind that they had.
    """
    gc.freeze()  # what is loaded by now need not be looked through again and again, nor ever after
    gc.disable()
    try:
        with virtual(), without.without() if without else nullcontext():
            for seed in seeds:
                ran = _run(seed, without)
                if covered is not None:
                    covered.update(["schedules", *ran.world.struck])
                if ran.breach and (without is None or ran.breach.invariant in without.breaks):
                    return ran
                if seed % _COLLECTED == 0:
                    gc.collect()
    finally:
        gc.enable()
    return None


def _run(seed: int, without: Control | None) -> Ran:
    random.seed(seed)
    containment.counts.clear()
    guards, rules = (without.guards(), without.rules()) if without else (Guards(), Rules())
    world = World(_shape(), guards, rules)
    kinds = without.kinds.split() if without and without.kinds else sorted(FAULTS)
    calm_at = _plan(world, kinds)
    if seed % 8 == _WITH_RECEIPTS:
        world.conditions.receipts = 0.9
        world.conditions.dice.seed(seed)
    if seed % 8 == _WITH_LIMITS:
        world.conditions.dice.seed(seed)
        world.limit_first_contacts(world.conditions.dice)
    if seed % 8 == _WITH_TRACES:
        world.conditions.dice.seed(seed)
        world.let_trace(world.conditions.dice)
    for name, value in (without.conditions if without else {}).items():
        setattr(world.conditions, name, value)
    world.timeline.run(calm_at, lambda: False)
    _calm(world)
    in_time = world.timeline.run(calm_at + CALM_S, _ticking(world))
    world.checker.ended(in_time=in_time)
    world.checker.contained(sorted(containment.counts))
    ran = Ran(seed, world.checker.breach, world.timeline.events, tuple(world.trace), world)
    for process in world.processes():
        process.close()
    return ran


def _shape() -> Shape:
    return Shape(
        hosts=random.choice((1, 2, 2, 3)),
        replicas=random.choice((1, 2)),
        shards=random.choice((1, 2, 3)),
        devices=random.choice((1, 2, 3)),
        leads=random.choice((1, 2, 3)),
        steps=random.choice((1, 2)),
        gap=random.choice((0.0, 0.5, 3.0)),
    )


def _plan(world: World, kinds: list[str]) -> float:
    """Puts the faults on the timeline; returns when the last is over."""
    world.conditions.slow = random.choice((0.0, 0.05, 0.2))
    world.conditions.lock_waits = random.choice((0.0, 0.05, 0.3))
    world.conditions.lost_sends = random.choice((0.0, 0.0, 0.1))
    world.conditions.lost_acks = random.choice((0.0, 0.1, 0.5))
    over = 0.0
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        at = random.uniform(0.0, FAULTS_S)
        seconds = random.choice((0.3, 1.0, 2.5, 4.0)) * random.uniform(0.8, 1.0)
        kind = random.choice(kinds)
        world.timeline.at(at, None, _strike, world, kind, seconds)
        over = max(over, at + seconds)
    return over


def _strike(world: World, kind: str, seconds: float) -> None:
    world.struck.append(kind)
    FAULTS[kind](world, seconds)


def _ticking(world: World) -> Callable[[], bool]:
    """Looks five times a second whether all is final."""

    def tick() -> None:
        world.timeline.after(0.2, None, tick)

    tick()
    return world.is_final


def _calm(world: World) -> None:
    world.note("world", "faults are over")
    world.conditions.clear()
    for process in world.processes():
        process.resume()
    for name in sorted(world.stays_away):
        world.stays_away.discard(name)
        if world.hosts[name].process.is_dead:
            world.start_host(name)


# Faults


def _host(world: World) -> ShardHost:
    return world.hosts[random.choice(sorted(world.hosts))]


def _replica(world: World) -> Replica:
    return random.choice(
        [r for r in world.replicas.values() if not r.process.is_dead] or list(world.replicas.values())
    )


def _kill_host(world: World, _seconds: float) -> None:
    world.kill(_host(world))


def _kill_replica(world: World, _seconds: float) -> None:
    world.kill(_replica(world))


def _stop(world: World, process: ShardHost | Replica, seconds: float) -> None:
    world.note(process.name, "is stopped for", round(seconds, 2))
    process.process.stop()
    world.timeline.after(seconds, None, _resume, world, process)


def _resume(world: World, process: ShardHost | Replica) -> None:
    world.note(process.name, "goes on")
    process.process.resume()


def _stop_host(world: World, seconds: float) -> None:
    _stop(world, _host(world), seconds)


def _stop_replica(world: World, seconds: float) -> None:
    _stop(world, _replica(world), seconds)


def _restart_host(world: World, _seconds: float) -> None:
    host = _host(world)
    if not host.process.is_dead and not host.process.is_stopped:
        world.note(host.name, "is asked to leave")
        host.process.arrive(0, host.drain)


def _restart_replica(world: World, _seconds: float) -> None:
    replica = _replica(world)
    if not replica.process.is_stopped:
        world.note(replica.name, "is asked to leave")
        replica.process.arrive(0, replica.drain)


def _leave(world: World, seconds: float) -> None:
    """A host is taken away and comes back at the end."""
    host = _host(world)
    if len(world.hosts) - len(world.stays_away) > 1:
        world.stays_away.add(host.name)
        _restart_host(world, seconds) if random.random() < 0.5 else world.kill(host)


def _twin(world: World, _seconds: float) -> None:
    """The same name is started twice."""
    name = _host(world).name
    if not world.hosts[name].process.is_dead:
        first = world.hosts[name]
        world.start_host(name)
        world.hosts[name], _second = first, world.hosts[name]


def _cut_dispatch(world: World, seconds: float) -> None:
    host = _host(world)
    world.note(host.name, "is cut from dispatch for", round(seconds, 2))
    world.conditions.from_dispatch[host.name] = world.timeline.now + seconds


def _cut_consul(world: World, seconds: float) -> None:
    host = _host(world)
    world.note(host.name, "is cut from Consul for", round(seconds, 2))
    world.conditions.from_consul[host.name] = world.timeline.now + seconds


def _cut_both(world: World, seconds: float) -> None:
    host = _host(world)
    world.note(host.name, "is cut off for", round(seconds, 2))
    world.conditions.from_dispatch[host.name] = world.timeline.now + seconds
    world.conditions.from_consul[host.name] = world.timeline.now + seconds


def _postgres_away(world: World, seconds: float) -> None:
    world.note("postgres", "is away for", round(seconds, 2))
    world.conditions.postgres_away = world.timeline.now + seconds


def _consul_away(world: World, seconds: float) -> None:
    world.note("consul", "is away for", round(seconds, 2))
    world.conditions.consul_away = world.timeline.now + seconds


def _end_session(world: World, _seconds: float) -> None:
    if world.consul.sessions:
        session = random.choice(sorted(world.consul.sessions))
        world.note("consul", "ends", session, "of", world.consul.sessions[session].node)
        world.consul.destroy(session)


def _break_streams(world: World, _seconds: float) -> None:
    world.note("world", "breaks all streams")
    for host, replica, call in world.calls:
        if not host.process.is_dead and not replica.process.is_dead:
            call.break_(0.0)


def _disconnect(world: World, _seconds: float) -> None:
    world.note("network", "disconnects every device")
    for device in list(world.network.newest):
        world.network.disconnect(device)


def _opt_out(world: World, _seconds: float) -> None:
    lead = random.choice(sorted(world.database.leads))
    world.note("lead", lead, "opts out")
    world.database.suppress(lead)


FAULTS: dict[str, Callable[[World, float], None]] = {
    "kill_host": _kill_host,
    "kill_replica": _kill_replica,
    "stop_host": _stop_host,
    "stop_replica": _stop_replica,
    "restart_host": _restart_host,
    "restart_replica": _restart_replica,
    "leave": _leave,
    "twin": _twin,
    "cut_dispatch": _cut_dispatch,
    "cut_consul": _cut_consul,
    "cut_both": _cut_both,
    "postgres_away": _postgres_away,
    "consul_away": _consul_away,
    "end_session": _end_session,
    "break_streams": _break_streams,
    "disconnect": _disconnect,
    "opt_out": _opt_out,
}
