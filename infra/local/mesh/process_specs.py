"""The processes of a mesh before they run: each with its command, its address and its whole environment."""

import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.servers.ports import LOOPBACK, free_ports
from infra.local.servers.stack import LocalStack

_ROOT = Path(__file__).parents[3]
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_MODULES = {
    "receiver": "infra.local.telemetry",
    "network": "infra.local.network",
    "gateway": "gateway",
    "enrollment": "services.enrollment",
    "dispatch": "services.dispatch",
    "host": "shardhost",
}
# By kind, what certificates call it. The network and the receiver are no parts of the product.
_TLS_ROLES = {"gateway": "gateway", "enrollment": "enrollment", "dispatch": "dispatch", "host": "shardhost"}
# Each of these logs in with a role of its own, `kompang_<kind>`.
_ROLES = frozenset({"gateway", "enrollment", "dispatch"})

Modules = Mapping[str, Sequence[str]]
"""By kind of process: the module to run in place of the product's own, and its arguments."""

Overrides = Mapping[str, Mapping[str, str]]
"""Further environment by kind of process, or by name: `{"dispatch": {"KOMPANG_TERM_S": "2"}}`."""

IssueCertificate = Callable[[str, str], Mapping[str, str]]
"""Makes a certificate for a role and an instance; the settings that name it."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process; started again, it has the same name, address and environment."""

    kind: str
    """network, receiver, gateway, enrollment, dispatch or host."""
    name: str
    address: str
    """host:port where it serves."""
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    """Holds passwords."""
    health_address: str = ""
    """host:port of its health checks; with TLS they have a port of their own."""


class ProcessSpecs(dict[str, ProcessSpec]):
    """The processes of one mesh by name; `overrides` come last."""

    def __init__(
        self,
        stack: LocalStack,
        mesh: str,
        home: Path,
        overrides: Overrides,
        modules: Modules,
        certificates: IssueCertificate | None,
    ) -> None:
        super().__init__()
        self._certificates = certificates
        self._stack = stack
        self._mesh = mesh
        self._home = home
        self._overrides = overrides
        self._modules = modules
        self._traces: dict[str, str] = {}

    def add_receiver(self, spans_path: Path) -> None:
        """Add the receiver of traces; every process added later sends its traces there."""
        [port] = free_ports(1)
        self._add("receiver", "receiver", port, str(spans_path), "--port", str(port))
        self._traces = {_ENDPOINTS[0]: f"http://{LOOPBACK}:{port}"}

    def add_network(self, ledger_path: Path, behavior: str) -> None:
        """Add the simulated network."""
        [port] = free_ports(1)
        arguments = ("--port", str(port), "--ledger", str(ledger_path), "--behavior", behavior)
        self._add("network", "network", port, *arguments)

    def add(self, kind: str, name: str) -> None:
        """Add a process of the product."""
        self._add(kind, name, free_ports(1)[0])

    def of_kinds(self, *kinds: str) -> list[ProcessSpec]:
        """The processes of these kinds, in the order they were added."""
        return [spec for spec in self.values() if spec.kind in kinds]

    def _add(self, kind: str, name: str, port: int, *arguments: str) -> None:
        address = f"{LOOPBACK}:{port}"
        tls = self._tls(kind, name)
        environment = {
            **user_environment(self._home),
            **self._traces,
            "KOMPANG_INSTANCE": name,
            "KOMPANG_LISTEN": address,
            "KOMPANG_CONSUL_ADDRESS": self._stack.consul[0].address,
            "KOMPANG_CONSUL_PREFIX": self._mesh,
            **tls,
            **self._own(kind),
            **self._overrides.get(kind, {}),
            **(self._overrides.get(name, {}) if name != kind else {}),
        }
        module = self._modules.get(kind, (_MODULES[kind],))
        self[name] = ProcessSpec(
            kind,
            name,
            address,
            (sys.executable, "-m", *module, *arguments),
            environment,
            tls.get("KOMPANG_HEALTH_LISTEN", address),
        )

    def _tls(self, kind: str, name: str) -> Mapping[str, str]:
        if self._certificates is None or kind not in _TLS_ROLES:
            return {}
        health = f"{LOOPBACK}:{free_ports(1)[0]}"
        return {**self._certificates(_TLS_ROLES[kind], name), "KOMPANG_HEALTH_LISTEN": health}

    def _secret_file(self) -> Path:
        """The root secret of this mesh, drawn when it is first asked for; only its owner may read it."""
        path = self._home / "secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), encoding="ascii")
        return path

    def _own(self, kind: str) -> dict[str, str]:
        own = {}
        if kind in _ROLES:
            own["KOMPANG_SECRET_FILE"] = str(self._secret_file())
            own["KOMPANG_POSTGRES_DSN"] = self._stack.postgres.dsn(f"kompang_{kind}", self._mesh)
        if kind in ("dispatch", "gateway"):
            own["KOMPANG_JOURNAL_DIR"] = str(self._stack.path / "journal")
        if kind == "dispatch":
            own["KOMPANG_REDIS_URL"] = self._stack.redis.url
        if kind == "host":
            own["KOMPANG_NETWORK_ADDRESS"] = self["network"].address
        return own


def user_environment(home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The part of the user's environment that every process gets: PATH, HOME and OpenTelemetry's settings."""
    return {
        "PATH": environ.get("PATH", os.defpath),
        "HOME": environ.get("HOME", str(home)),
        "PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "protos" / "gen"))),
        # The public authorities, which sign nothing here: aiohttp reads them when it is imported, 60 ms.
        "SSL_CERT_FILE": os.devnull,
        **{name: value for name, value in environ.items() if name.startswith("OTEL_")},
    }


def has_own_receiver(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user's settings already say where traces go."""
    return any(environ.get(name) for name in _ENDPOINTS)


def wants_tls(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user asks for certificates between the processes: `TLS=1 make demo`."""
    return environ.get("TLS", "") not in ("", "0")
