"""`python -m infra.local.up`, which is `make up`: the whole mesh, left running until Ctrl-C.

`UP_SAMPLE=1` also loads the sample, in the size of the demo's variables (`DEMO_LEADS` and so on).
"""

import asyncio
import os
import sys

from infra.local.demo import network_behavior
from infra.local.demo.lead_file import LeadFile
from infra.local.demo.loading import load
from infra.local.demo.settings import DemoSettings
from infra.local.mesh import Mesh, ProcessDied
from infra.local.mesh.command import run_command
from infra.local.servers.stack import LocalStack

_GATEWAY = "KOMPANG_GATEWAY_ADDRESS"
_ACCOUNT = "demo"
_LOOK_S = 0.5


def main() -> None:
    """The command; Ctrl-C or SIGTERM drains and removes everything."""
    run_command("up", _up, endless=True)


async def _up() -> None:
    settings = DemoSettings.read()
    _say("starting")
    async with (
        LocalStack() as stack,
        Mesh(
            stack,
            hosts=settings.hosts,
            behavior="receipts",
            overrides=network_behavior.SHORT_TIMEOUTS,
        ) as mesh,
    ):
        key = await mesh.create_account(_ACCOUNT)
        _say(_addresses(mesh, key))
        _say(_examples(mesh, key))
        if os.environ.get("UP_SAMPLE"):
            await load(mesh, key, settings, LeadFile.read(settings.csv, settings.leads), _say)
        _say("running; Ctrl-C ends it")
        reported: set[str] = set()
        while True:
            _report_dead(mesh, reported)
            await asyncio.sleep(_LOOK_S)


def _report_dead(mesh: Mesh, reported: set[str]) -> None:
    """Report once each process that has ended; the others keep running. `reported`: names of dead servers."""
    try:
        mesh.check()
    except ProcessDied as error:
        _say(str(error))
    stack = mesh.stack
    for service in (stack.postgres, stack.redis, *stack.consul):
        if not service.process.alive and service.name not in reported:
            reported.add(service.name)
            _say(str(ProcessDied(service.process)))


def _addresses(mesh: Mesh, key: str) -> str:
    named = {
        "gateway": f"{mesh.gateway_environment[_GATEWAY]} (gRPC, with reflection)",
        "API key": f"{key} (account {_ACCOUNT})",
        "network": f"{mesh.network_address} (gRPC, with reflection)",
        "Postgres": f"{mesh.owner_dsn} (the owner)",
        "Redis": mesh.stack.redis.url,
        "Consul": f"http://{mesh.stack.consul[0].address}",
        "ledger": mesh.ledger_path,
        "spans": mesh.spans_path if mesh.has_spans else "where the environment's OTEL_* settings say",
        "metrics": mesh.spans_path.with_name("metrics.jsonl") if mesh.has_spans else "the same",
        "logs": mesh.log_path,
    }
    processes = ", ".join(f"{name} {process.pid}" for name, process in mesh.processes.items())
    return "\n".join(f"  {name:<10}{value}" for name, value in (*named.items(), ("pids", processes)))


def _examples(mesh: Mesh, key: str) -> str:
    host, gateway = mesh.hosts[-1], mesh.gateway_environment
    return f"""
try, from this folder:
  export KOMPANG_POSTGRES_DSN={mesh.owner_dsn}
  .venv/bin/kompang admin create-account other --timezone Asia/Kuala_Lumpur
  export {" ".join(f"{name}={value}" for name, value in gateway.items())} KOMPANG_API_KEY={key}
  .venv/bin/kompang preview --step sequences/cold/steps/1 --lead leads/1   # with UP_SAMPLE=1
  tail -f {mesh.ledger_path}
  kill -9 {mesh.processes[host].pid}   # {host}; the other hosts take its devices over
  .venv/bin/python - <<'END'
import grpc
from kompang.v1 import devices_pb2, devices_pb2_grpc
with {_channel(mesh)} as channel:
    stub = devices_pb2_grpc.DevicesServiceStub(channel)
    key = (("authorization", "Bearer {key}"),)
    print(stub.ListDevices(devices_pb2.ListDevicesRequest(page_size=5), metadata=key, timeout=10))
END
  .venv/bin/kompang admin keys revoke {key.split("_")[1]}   # ends the key above within 5 s
"""


def _channel(mesh: Mesh) -> str:
    """As an integrator writes it."""
    if mesh.ca_file is None:
        return f'grpc.insecure_channel("{mesh.gateway_address}")'
    credentials = f'grpc.ssl_channel_credentials(open("{mesh.ca_file}", "rb").read())'
    return f'grpc.secure_channel("{mesh.gateway_address}", {credentials})'


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
