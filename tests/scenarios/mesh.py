"""What a scenario may ask of a mesh, whether its processes are tasks or processes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from infra.local.network.ledger import Entry
from infra.local.servers.stack import LocalStack


class Mesh(Protocol):
    """A running mesh: one gateway, one enrollment, several dispatch replicas and shard hosts, a network.

    Processes are called by their names; `gateway`, `enrollment` and `network` are the others'.
    """

    @property
    def stack(self) -> LocalStack:
        """The servers below it, which are the scenario's to kill."""

    @property
    def hosts(self) -> Sequence[str]:
        """The shard hosts' names."""

    @property
    def dispatchers(self) -> Sequence[str]:
        """The dispatch replicas' names."""

    @property
    def gateway_address(self) -> str:
        """host:port of the public API."""

    @property
    def ca_file(self) -> Path | None:
        """The authority of the gateway's certificate; None without TLS."""

    @property
    def network_address(self) -> str:
        """host:port of the simulated network's controls."""

    @property
    def ledger_path(self) -> Path:
        """What the network accepted, in this scenario and in those before it."""

    @property
    def owner_dsn(self) -> str:
        """The mesh's database, as its owner."""

    def accepted(self) -> list[Entry]:
        """What the network accepted since this scenario began."""

    async def create_account(self, slug: str) -> str:
        """A new account; its API key."""

    async def kill(self, name: str) -> None:
        """Ends a process with no warning; returns when it is gone."""

    async def stop(self, name: str) -> None:
        """Ends a process in good order; returns when it is gone."""

    async def start(self, name: str) -> None:
        """Starts again what was killed or stopped; returns when it serves."""
