"""Consul for a local stack: one server or a cluster of several, with state that survives a restart."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from infra.local.processes.stack_directory import StackDirectory
from infra.local.servers.ports import LOOPBACK, free_ports
from infra.local.servers.service import Service
from services.runtime.open_files import open_files

_PROBE_SECONDS = 1.0
# Consul refuses to start when its connections and its own files together could exceed the limit.
_OWN_FILES = 256


@dataclass(frozen=True)
class ConsulPorts:
    """The ports of one server."""

    http: int
    rpc: int
    serf: int


class Consul(Service):
    """One Consul server."""

    def __init__(
        self,
        directory: StackDirectory,
        program: Path,
        number: int,
        cluster: Sequence[ConsulPorts],
        further: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> None:
        """`further` is added to its configuration; `token` is for its readiness, where it has ACLs."""
        super().__init__(f"consul-{number + 1}", directory)
        self._program = program
        self._ports = cluster[number]
        self._cluster = cluster
        self._further = dict(further or {})
        self._headers = {"X-Consul-Token": token} if token else {}

    @property
    def address(self) -> str:
        """host:port of its HTTP API."""
        return f"{LOOPBACK}:{self._ports.http}"

    async def start(self) -> None:
        """See `Service.start`: ready when the cluster has a leader that answers consistent reads.

        The servers of a cluster wait for each other: start enough of them for a majority at the same time.
        """
        self.folder.mkdir(exist_ok=True)
        further = self._further
        given = self._configuration()
        ports = {"ports": {**given["ports"], **further.get("ports", {})}}
        (self.folder / "consul.json").write_text(json.dumps(given | further | ports))
        await super().start()

    def _command(self) -> list[str]:
        return [str(self._program), "agent", f"-config-file={self.folder / 'consul.json'}"]

    def _configuration(self) -> dict[str, Any]:
        others = [ports.serf for ports in self._cluster if ports != self._ports]
        return {
            "node_name": self.name,
            "datacenter": "local",
            "server": True,
            "bootstrap_expect": len(self._cluster),
            "retry_join": [f"{LOOPBACK}:{port}" for port in others],
            "retry_interval": "100ms",
            "data_dir": str(self.folder / "state"),
            "bind_addr": LOOPBACK,
            "client_addr": LOOPBACK,
            "ports": {
                "http": self._ports.http,
                "server": self._ports.rpc,
                "serf_lan": self._ports.serf,
                # -1: off.
                "serf_wan": -1,
                "dns": -1,
                "grpc": -1,
                "https": -1,
            },
            # Otherwise all servers of one machine have the same id.
            "disable_host_node_id": True,
            "disable_update_check": True,
            "leave_on_terminate": False,
            "skip_leave_on_interrupt": True,
            # The whole mesh is one client address here; Consul's default is 200 connections each.
            "limits": {"http_max_conns_per_client": min(10_000, open_files() - _OWN_FILES)},
            # The default of 5 is for small machines; 1 is what Consul recommends for production.
            "performance": {"raft_multiplier": 1},
            # Consul's own minimum is 10 s; tests want a dead host noticed sooner.
            "session_ttl_min": "1s",
        }

    async def _is_ready(self) -> bool:
        return await asyncio.to_thread(self._has_ready_leader)

    def _has_ready_leader(self) -> bool:
        """A consistent read needs a leader that has committed in its own term; the key need not exist."""
        connection = HTTPConnection(LOOPBACK, self._ports.http, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/v1/kv/none?consistent", headers=self._headers)
            return connection.getresponse().status == HTTPStatus.NOT_FOUND
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def consul_servers(
    directory: StackDirectory,
    program: Path,
    count: int,
    further: Mapping[str, Any] | None = None,
    token: str = "",
) -> list[Consul]:
    """`count` servers of one cluster, not started; see `Consul` for the rest."""
    numbers = free_ports(3 * count)
    cluster = [ConsulPorts(*numbers[3 * each : 3 * each + 3]) for each in range(count)]
    return [Consul(directory, program, each, cluster, further, token) for each in range(count)]
