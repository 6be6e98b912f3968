"""`python -m services.schema`: migrates; `--check` and `--seal` look after the files and need no database."""

import argparse
import asyncio
import sys

from services.runtime.errors import Unavailable
from services.runtime.settings import read
from services.schema import files
from services.schema.migrate import migrate
from services.schema.settings import SchemaSettings


def main() -> None:
    """Exits with 1 and one line when something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m services.schema", description=__doc__)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="are the files numbered and sealed?")
    action.add_argument("--seal", action="store_true", help="write the checksums of the files")
    chosen = parser.parse_args()
    try:
        print(_seal() if chosen.seal else _check() if chosen.check else _migrate())
    except (files.SchemaError, Unavailable) as error:
        sys.exit(f"schema: {error}")


def _seal() -> str:
    files.seal()
    return f"schema: sealed {files.check()} migrations"


def _check() -> str:
    return f"schema: {files.check()} migrations, numbered and sealed"


def _migrate() -> str:
    settings = read(SchemaSettings, "schema")
    dsn = settings.postgres_dsn.get_secret_value()
    applied = asyncio.run(migrate(dsn, shard_count=settings.shard_count))
    if not applied:
        return "schema: already at the newest version"
    return f"schema: applied {', '.join(f'{version:04d}' for version in applied)}"


if __name__ == "__main__":
    main()
