"""The demo from its first process to its verdict."""

import asyncio
import time
from typing import cast

import asyncpg

from infra.local.demo import network_behavior
from infra.local.demo.display import Display
from infra.local.demo.lead_file import LeadFile
from infra.local.demo.loading import change_wording, load
from infra.local.demo.progress import Progress, ProgressReader
from infra.local.demo.settings import DemoSettings
from infra.local.demo.takeover import Takeover
from infra.local.demo.texts import rendered_hashes
from infra.local.demo.told import all_told, cut_off
from infra.local.demo.tracing import STAGES, example_path
from infra.local.demo.verdict import Verdict
from infra.local.errors import LocalError
from infra.local.mesh import Mesh, ProcessDied, read_leases
from infra.local.network.ledger import read_ledger
from infra.local.network.receipts import read_receipts, receipts_path
from infra.local.reconcile import Report, read_records, reconcile
from infra.local.servers.stack import LocalStack

_LOOK_S = 0.25
# Reading the progress of a large run must not be what slows it down.
_SHARE_OF_TIME = 0.1
# Something changes at least so often while messages are due, ...
_STALL_S = 90.0
# ... and the steps of the sample are at most so many hours apart.
_LONGEST_GAP_HOURS = 12
# Processes export their spans once a second.
_SPANS_S = 5.0
# Kinds of processes that have peers: one of them may end.
_WITH_PEERS = ("host", "dispatch")
_POSTGRES_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def run(settings: DemoSettings, display: Display) -> Verdict:
    """Start the mesh, run the demo, end the mesh.

    Raises:
        BadInput: the lead file cannot be used.
        LocalError: the mesh cannot start, or lost a process.

    """
    started = time.monotonic()
    file = LeadFile.read(settings.csv, settings.leads)
    display.say("starting Postgres, Redis, Consul")
    async with LocalStack() as stack:
        display.say(f"starting gateway, enrollment, 2 dispatch, {settings.hosts} shard hosts, network")
        mesh = Mesh(
            stack,
            hosts=settings.hosts,
            behavior=network_behavior.as_json(network_behavior.behavior()),
            overrides=network_behavior.SHORT_TIMEOUTS,
        )
        async with mesh:
            display.say(f"ready after {time.monotonic() - started:.1f} s")
            key = await mesh.create_account("demo")
            leads = await load(mesh, key, settings, file, display.say)
            takeover_s = await Demo(mesh, key, settings, display).watch()
            await _show_trace(mesh, display)
            report = await _reconciled(mesh, key, display)
    return Verdict(leads, report, takeover_s, time.monotonic() - started)


class Demo:
    """A loaded mesh, watched until every message is at its end."""

    def __init__(self, mesh: Mesh, key: str, settings: DemoSettings, display: Display) -> None:
        self._mesh = mesh
        self._key = key
        self._settings = settings
        self._display = display
        self._takeover: asyncio.Task[float | None] | None = None
        self._changed_at = time.monotonic()
        self._last_seen: object = None
        self._stall_s = _STALL_S + _LONGEST_GAP_HOURS * settings.hour_s

    async def watch(self) -> float | None:
        """Kill a host on the way; the seconds until the others do its work, None if they do not.

        Raises:
            LocalError: the mesh lost another process, or Postgres does not answer.

        """
        try:
            async with self._mesh.connection() as connection, asyncio.TaskGroup() as group:
                reader = ProgressReader(self._mesh, connection)
                while await self._run_once(reader, group):
                    pass
        except (ExceptionGroup, *_POSTGRES_ERRORS) as error:
            raise self._cause(error) from error
        return self._takeover.result() if self._takeover else None

    def _cause(self, error: Exception) -> Exception:
        """The error to report: the end of a process, where a process ended."""
        known, _ = error.split(LocalError) if isinstance(error, ExceptionGroup) else (None, None)
        if known is not None:
            return cast("Exception", known.exceptions[0])
        self._check()
        return error

    def _check(self) -> None:
        """Return if every server and every process lives that the run needs. Raises ProcessDied.

        A user may kill a shard host or a dispatch replica: the others do its work.
        """
        try:
            self._mesh.check()
        except ProcessDied as died:
            if not self._has_peer(died.name):
                raise
            self._display.say(f"{died}\nthe other processes do its work")
        stack = self._mesh.stack
        for service in (stack.postgres, stack.redis, *stack.consul):
            if not service.process.alive:
                raise ProcessDied(service.process)

    def _has_peer(self, name: str) -> bool:
        kind, _, _ = name.rpartition("-")
        return kind in _WITH_PEERS and any(
            process.alive and other.startswith(f"{kind}-") for other, process in self._mesh.processes.items()
        )

    async def _run_once(self, reader: ProgressReader, group: asyncio.TaskGroup) -> bool:
        """Read the progress, show it, kill a host when it is time; whether to do so again."""
        began = time.monotonic()
        progress = await reader.read()
        self._check()
        self._display.show(progress)
        if self._takeover is None and progress.ended >= self._settings.kill_at * progress.total:
            self._takeover = group.create_task(self._kill(progress), name="takeover")
        if not progress.open and self._takeover is not None and self._takeover.done():
            return False
        if self._is_stalled(progress):
            self._display.say(f"nothing has changed for {self._stall_s:g} s; giving up")
            return False
        await asyncio.sleep(max(_LOOK_S, (time.monotonic() - began) / _SHARE_OF_TIME))
        return True

    async def _kill(self, progress: Progress) -> float | None:
        living = [host for host in progress.hosts if self._mesh.processes[host.name].alive]
        victim = max(living, key=lambda host: host.devices)
        async with self._mesh.connection() as connection:
            leases = await read_leases(connection)
        shards = [shard for shard, host in leases.items() if host == victim.name]
        takeover = Takeover.begin(self._mesh, victim.name, shards)
        self._display.say(f"SIGKILL {victim.name}: {victim.devices} devices on {len(shards)} shards")
        if len(living) == 1:
            # No other host can take over, so start a new one.
            await self._mesh.start_host(f"host-{len(progress.hosts) + 1}")
        await change_wording(self._mesh, self._key)
        self._display.say("the account changes its wording: a message that is sent again must keep its text")
        seconds = await takeover.finished()
        if seconds is not None:
            self._display.say(f"taken over after {seconds:.1f} s: all its shards, all its devices with work")
        return seconds

    def _is_stalled(self, progress: Progress) -> bool:
        now = (progress.states, progress.repeats, [host.shards for host in progress.hosts])
        if now != self._last_seen:
            self._last_seen, self._changed_at = now, time.monotonic()
        return time.monotonic() - self._changed_at > self._stall_s


async def _reconciled(mesh: Mesh, key: str, display: Display) -> Report:
    display.say("waiting until the network has told what became of each message")
    counted = await all_told(mesh)
    refused = counted.refused_counts["FAILURE_REACH_OUT_LIMIT"]
    display.say(f"new chats that the network refused at first (463): {refused:,}")
    records = await read_records(mesh.owner_dsn)
    display.say(f"asking the gateway for the text of each of {len(records.messages):,} messages")
    rendered = await rendered_hashes(mesh, key, records.messages)
    receipts = read_receipts(receipts_path(mesh.ledger_path))
    return reconcile(records, read_ledger(mesh.ledger_path), rendered, receipts, cut_off(mesh, records))


async def _show_trace(mesh: Mesh, display: Display) -> None:
    if not mesh.has_spans:
        display.say("traces went where the environment's OpenTelemetry settings say")
        return
    deadline = time.monotonic() + _SPANS_S
    path = example_path(mesh.spans_path)
    while not path and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_S)
        path = example_path(mesh.spans_path)
    if not path:
        display.say(f"no trace has all of {', '.join(STAGES)}")
        return
    path_text = " → ".join(f"{span.name} ({span.service})" for span in path)
    display.say(f"one trace, {path[0].trace_id}: {path_text}")
