"""A launcher to kill: starts a stack and a process of the mesh, tells what it started, waits."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from infra.local.servers.stack import LocalStack


async def main() -> None:
    async with LocalStack(Path(sys.argv[1])) as stack:
        mesh = await stack.spawn("mesh", ["sleep", "1000"])
        services = (stack.postgres, stack.redis, *stack.consul)
        pids = [mesh.pid, *(service.process.pid for service in services)]
        started = {"path": str(stack.path), "watchdog": stack.watchdog_pid, "pids": pids}
        sys.stdout.write(f"{json.dumps(started)}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


# A test run in the background of a shell inherits that SIGINT is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
