"""`python -m infra.local.day`, which is `make day`.

Exits with 0 when everything held, 1 when something did not or the mesh lost a process, 2 when it cannot
start or was given what it cannot use; the last line of output is one JSON object.
"""

import sys

from infra.local.day.run import run
from infra.local.day.settings import DaySettings
from infra.local.day.verdict import Verdict
from infra.local.mesh.command import Ended, run_command


def main() -> None:
    """The command."""
    verdict = run_command("day", _day)
    print(verdict.to_json(), flush=True)
    sys.exit(0 if verdict.kept else Ended.BROKEN)


async def _day() -> Verdict:
    return await run(DaySettings.read())


if __name__ == "__main__":
    main()
