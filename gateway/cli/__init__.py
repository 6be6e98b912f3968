"""The `kompang` command."""

import os
import sys

from services.runtime.loading import loading


def main() -> None:
    """What the console script runs; the tree is imported inside, so that Ctrl-C is quiet even then."""
    # gRPC writes lines of its own about a failed handshake, between those that begin with our name.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        with loading():
            from gateway.cli.app import main as run  # noqa: PLC0415 - see above

        run()
    except KeyboardInterrupt:
        sys.stderr.write("kompang: interrupted\n")
        sys.exit(130)


__all__ = ["main"]
