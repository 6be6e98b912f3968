"""`python -m tests.faults`, which is `make faults`.

SEED=… replays, ROWS=1,8 narrows, LANES=1 runs one row at a time instead of two.
Exits with 0 when every promise held, 1 when one was broken, 2 for settings that make no sense.
"""

import asyncio
import os
import random
import sys

from tests.faults.table import chosen, run, table

# What two cores carry without the rows being felt by each other.
LANES = 2


def main() -> None:
    """The command."""
    try:
        seed = int(os.environ.get("SEED") or random.SystemRandom().getrandbits(32))
        lanes = int(os.environ.get("LANES") or LANES)
        rows = chosen(int(number) for number in os.environ.get("ROWS", "").split(",") if number)
        if lanes < 1:
            raise ValueError(f"LANES={lanes}: at least 1")
    except ValueError as error:
        print(f"faults: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    results = asyncio.run(run(rows, seed, lanes))
    print(table(results))
    print(f"seed {seed}: SEED={seed} make faults")
    sys.exit(1 if any(result.held is False for result in results) else 0)


if __name__ == "__main__":
    main()
