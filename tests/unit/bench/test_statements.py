"""Counting in Postgres's log."""

from pathlib import Path

from tests.bench.statements import StatementCounter

LOG = """kompang_dispatch LOG:  execute __asyncpg_stmt_3__: -- One batched decision a tick.
\tWITH asked AS (SELECT 1)
kompang_dispatch LOG:  statement: BEGIN;
postgres LOG:  execute <unnamed>: SELECT clock_timestamp()
 LOG:  checkpoint starting
kompang_gateway LOG:  execute <unnamed>: SELECT 1
kompang_gateway ERROR:  canceling statement
"""


def test_statements_of_the_products_roles_are_counted_since_the_restart(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text(LOG)
    counter = StatementCounter(log)
    counter.restart()
    with log.open("a") as file:
        file.write(LOG)
    assert counter.count() == {"One batched decision a tick.": 1, "BEGIN;": 1, "SELECT 1": 1}
