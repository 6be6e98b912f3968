"""`python -m services.enrollment`: one replica of the enrollment process."""

from functools import partial

from services.runtime.loading import loading


def main() -> None:
    """Runs until the first SIGTERM or SIGINT has drained it; bad settings end it at once."""
    with loading():
        from services.enrollment.process import run
        from services.enrollment.settings import EnrollmentSettings
        from services.runtime import lifecycle, logs
        from services.runtime.settings import read

    settings = read(EnrollmentSettings, "enrollment")
    logs.configure("enrollment", settings.log_level)
    lifecycle.run(partial(run, settings))


if __name__ == "__main__":
    main()
