"""`python -m gateway`: the gateway as a process."""

from gateway.process import SERVICE, run
from gateway.settings import GatewaySettings
from services.runtime import lifecycle, logs
from services.runtime.settings import read


def main() -> None:
    """Settings and logging first; then until the first signal."""
    settings = read(GatewaySettings, SERVICE)
    logs.configure(SERVICE, settings.log_level)
    lifecycle.run(lambda life: run(settings, life))


if __name__ == "__main__":
    main()
