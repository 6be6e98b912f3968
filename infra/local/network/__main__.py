"""`python -m infra.local.network`: run the simulated network until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from services.runtime.loading import loading

if TYPE_CHECKING:
    from infra.local.network.server import RunningNetwork


def _arguments(presets: Iterable[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.network", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    parser.add_argument("--ledger", type=Path, required=True, help="file to append to; read back at start")
    parser.add_argument("--behavior", default="usual", help=f"{', '.join(presets)}, or a Behavior as JSON")
    return parser.parse_args()


async def _run(starting: AbstractAsyncContextManager[RunningNetwork]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with starting as network:
        print(f"listening {network.address}", flush=True)
        await stop.wait()


def main() -> None:
    """The command line."""
    with loading():
        from infra.local.network import presets
        from infra.local.network.server import running
        from services.runtime import telemetry

    arguments = _arguments(presets.PRESETS)
    behavior = presets.parsed(arguments.behavior)
    with telemetry.configured("network", "network"):
        asyncio.run(_run(running(arguments.ledger, behavior, arguments.port)))


if __name__ == "__main__":
    main()
