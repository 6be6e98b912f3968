"""`python -m services.dispatch`: one dispatch replica."""

from services.runtime.loading import loading


def main() -> None:
    """Reads the settings, then runs until a signal."""
    with loading():
        from services.dispatch.process import SERVICE, run
        from services.dispatch.settings import DispatchSettings
        from services.runtime import lifecycle, logs, telemetry
        from services.runtime.settings import read

    settings = read(DispatchSettings, SERVICE)
    logs.configure(SERVICE, settings.log_level)
    with telemetry.configured(SERVICE, settings.instance):
        lifecycle.run(lambda life: run(settings, life))


if __name__ == "__main__":
    main()
