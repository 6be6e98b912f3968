"""`python -m tests.bench steady,content`: one JSON object a figure on standard output, nothing else.

Each benchmark of the mesh has servers of its own, durable as in production, which are gone when it ends;
`content` needs none.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence

from infra.local.errors import LocalError
from infra.local.servers.stack import LocalStack
from tests.bench import attack, content, enroll, imports, launch, path, pause, receipts, steady, stop, storm
from tests.bench.rig import Figure, say

OF_THE_MESH: dict[str, Callable[[LocalStack], Awaitable[list[Figure]]]] = {
    "steady": steady.run,
    "path": path.run,
    "enroll": enroll.run,
    "import": imports.run,
    "launch": launch.run,
    "pause": pause.run,
    "stop": stop.run,
    "attack": attack.run,
    "storm": storm.run,
    "receipts": receipts.run,
}
PURE: dict[str, Callable[[], list[Figure]]] = {"content": content.run}
BENCHES = (*OF_THE_MESH, *PURE)
# One question with two benchmarks: how soon nothing more goes, what others notice of an attack.
_WITH = {"pause": "stop", "attack": "storm"}


def line(bench: str, figure: Figure) -> str:
    """The form that every benchmark prints."""
    name, value, unit = figure
    return json.dumps({"bench": bench, "figure": name, "value": round(value, 3), "unit": unit})


def chosen(arguments: Sequence[str]) -> list[str]:
    """What was asked for, with what belongs to it, each once; all when nothing was."""
    names: list[str] = []
    for name in (name for argument in arguments for name in argument.split(",") if name):
        names += [each for each in (name, _WITH.get(name)) if each and each not in names]
    return names or list(BENCHES)


async def _run(names: Sequence[str]) -> None:
    for name in names:
        say(f"bench {name}")
        for figure in await _figures(name):
            print(line(name, figure), flush=True)


async def _figures(name: str) -> list[Figure]:
    if name in PURE:
        return PURE[name]()
    async with LocalStack(durable=True) as stack:
        return await OF_THE_MESH[name](stack)


def main(arguments: Sequence[str]) -> int:
    """The exit code: 2 for a name that is none, 1 for a machine that lacks something, 130 after Ctrl-C."""
    names = chosen(arguments)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        say(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 2
    try:
        asyncio.run(_run(names))
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except LocalError as error:
        say(f"bench: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
