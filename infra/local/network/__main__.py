"""`python -m infra.local.network`: run the simulated network until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from infra.local.network import presets
from infra.local.network.server import running
from kompang.simulation.v1 import behavior_pb2
from services.runtime import telemetry


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.network", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    parser.add_argument("--ledger", type=Path, required=True, help="file to append to; read back at start")
    parser.add_argument(
        "--behavior", default="usual", help=f"{', '.join(presets.PRESETS)}, or a Behavior as JSON"
    )
    return parser.parse_args()


async def _run(ledger: Path, behavior: behavior_pb2.Behavior, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(ledger, behavior, port) as network:
        print(f"listening {network.address}", flush=True)
        await stop.wait()


def main() -> None:
    """The command line."""
    arguments = _arguments()
    behavior = presets.parsed(arguments.behavior)
    with telemetry.configured("network", "network"):
        asyncio.run(_run(arguments.ledger, behavior, arguments.port))


if __name__ == "__main__":
    main()
