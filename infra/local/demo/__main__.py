"""`python -m infra.local.demo`, which is `make demo`.

Exits with 0 when every promise was kept, 1 when one was broken or the mesh lost a process, 2 when it
cannot start or was given what it cannot use; the last line of output is one JSON object.
"""

import sys

from infra.local.demo.display import display
from infra.local.demo.run import run
from infra.local.demo.settings import DemoSettings
from infra.local.demo.verdict import Verdict
from infra.local.mesh.command import Ended, run_command


def main() -> None:
    """The command."""
    verdict = run_command("demo", _demo)
    for line in verdict.explain():
        print(line)
    print(verdict.to_json(), flush=True)
    sys.exit(0 if verdict.kept else Ended.BROKEN)


async def _demo() -> Verdict:
    settings = DemoSettings.read()
    with display() as shown:
        return await run(settings, shown)


if __name__ == "__main__":
    main()
