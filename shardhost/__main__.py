"""`python -m shardhost`: one shard host. Settings: `shardhost.settings`."""

import sys

from services.runtime import logs
from services.runtime.discovery import MemberExists
from services.runtime.lifecycle import Life
from services.runtime.lifecycle import run as run_process
from services.runtime.settings import read
from shardhost.process import run
from shardhost.settings import HostSettings


def main() -> None:
    """The process."""
    settings = read(HostSettings, "shardhost")
    logs.configure("shardhost", settings.log_level)

    async def host(life: Life) -> None:
        await run(settings, life)

    taken = False
    try:
        run_process(host)
    except* MemberExists:
        taken = True
    if taken:
        print(f"shardhost: host id {settings.host_id!r} is another live host's", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
