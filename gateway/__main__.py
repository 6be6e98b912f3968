"""`python -m gateway`: the gateway as a process."""

import sys

from services.runtime.loading import loading

# For so long a thread that parses or computes keeps the interpreter from the event loop. With Python's own
# 5 ms, a caller waited 15 ms and more beside one such thread; at 1 ms the thread's own work takes no longer.
_SWITCH_S = 0.001


def main() -> None:
    """Settings and logging first; then until the first signal."""
    with loading():
        from gateway.process import SERVICE, run
        from gateway.settings import GatewaySettings
        from services.runtime import lifecycle, logs
        from services.runtime.settings import read

    sys.setswitchinterval(_SWITCH_S)
    settings = read(GatewaySettings, SERVICE)
    logs.configure(SERVICE, settings.log_level)
    lifecycle.run(lambda life: run(settings, life))


if __name__ == "__main__":
    main()
