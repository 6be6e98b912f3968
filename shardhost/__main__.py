"""`python -m shardhost`: one shard host. Settings: `shardhost.settings`."""

import sys

from services.runtime.loading import loading


def main() -> None:
    """The process."""
    with loading():
        from services.runtime import lifecycle, logs
        from services.runtime.discovery import MemberExists
        from services.runtime.settings import read
        from shardhost.process import run
        from shardhost.settings import HostSettings

    settings = read(HostSettings, "shardhost")
    logs.configure("shardhost", settings.log_level)
    taken = False
    try:
        lifecycle.run(lambda life: run(settings, life))
    except* MemberExists:
        taken = True
    if taken:
        print(f"shardhost: host id {settings.host_id!r} is another live host's", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
