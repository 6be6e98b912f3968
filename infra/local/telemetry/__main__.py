"""`python -m infra.local.telemetry`: receive traces and metrics until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from services.runtime.loading import loading

if TYPE_CHECKING:
    from infra.local.telemetry.otlp import OtlpReceiver


def main() -> None:
    """Run the receiver; its first line of output is the endpoint."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.telemetry",
        description="Receives OTLP/gRPC; writes one JSON object a span, and metrics beside it.",
    )
    parser.add_argument("path", type=Path, help="file to append spans to")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    arguments = parser.parse_args()
    with loading():
        from infra.local.telemetry.otlp import OtlpReceiver

    asyncio.run(_run(OtlpReceiver(arguments.path, arguments.port)))


async def _run(receiver: "OtlpReceiver") -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with receiver:
        print(receiver.endpoint, flush=True)
        await ended.wait()


if __name__ == "__main__":
    main()
