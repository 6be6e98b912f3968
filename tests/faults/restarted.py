"""`python -m tests.faults.restarted MODULE`: a process that is started again when it gives up by itself.

As Kubernetes does: a host whose predecessor's session outlives its patience (Consul, Postgres and dispatch
may be away at once) exits with 1 and a clear line. Only such an exit is an occasion; an exception nobody
expected is a traceback here as everywhere, and the end of the row.
"""

import os
import runpy
import sys
import time

AGAIN_S = 1.0
TOLD = "gave up and is started again"


def main() -> None:
    """Become the process, in this one, again and again; signals reach it."""
    [module] = sys.argv[1:]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code != 1:
            raise
    else:
        return
    sys.stderr.write(f"{module} {TOLD}\n")
    sys.stderr.flush()
    time.sleep(AGAIN_S)
    os.execv(sys.executable, [sys.executable, "-m", __spec__.name, module])  # noqa: S606 - this very program


if __name__ == "__main__":
    main()
