"""Every statement of the gateway binds what it touches to an account: one forgotten check leaks nothing."""

from pathlib import Path

import pytest

import gateway
from services.runtime.queries import Queries
from tests.support.tenancy import unbound

ROOT = Path(gateway.__file__).parent
# `kompang admin` runs with the owner's role, for an operator; retention deletes what is old, of everybody,
# and returns nothing.
OF_NO_CALLER = ("admin", "retention")
STATEMENTS = {
    f"{folder}/{name}": statement
    for folder, path in ((path.parent.relative_to(ROOT), path) for path in sorted(ROOT.rglob("queries.sql")))
    if folder.parts[0] not in OF_NO_CALLER
    for name, statement in Queries(path).statements.items()
}
# The statements that no caller's account binds, and why that leaks nothing.
UNBOUND = {
    "auth/read_keys": "finds out whose the key is: nobody is called for before",
    "auth/note_uses": "of keys that were found good",
    "imports/running/keep_phone_hashes": "the row of the import is locked, with its account, by `lock`",
    "leads/quarantined": "by the number of a lead of this account; replies to devices of others are left out",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_reads_and_writes_what_is_the_accounts(name: str) -> None:
    found = unbound(STATEMENTS[name])
    assert bool(found) == (name in UNBOUND), (
        f"{name}: no account binds {', '.join(found)}; constrain account_id, or join it to what is"
        if found
        else f"{name} is bound: take it off the list"
    )


def test_the_list_names_statements_that_are_there() -> None:
    assert {*UNBOUND} <= {*STATEMENTS}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT * FROM kompang.lead WHERE id = $1", ["lead"]),
        ("SELECT * FROM kompang.lead WHERE account_id = $1 OR id = $2", ["lead"]),
        ("SELECT * FROM kompang.lead l WHERE account_id <> $1", ["lead l"]),
        ("SELECT * FROM kompang.lead WHERE NOT (account_id = $1)", ["lead"]),
        ("SELECT FROM kompang.lead l JOIN kompang.device d ON true WHERE l.account_id = $1", ["device d"]),
        ("SELECT FROM kompang.lead l, kompang.device d WHERE l.account_id = $1 AND d.id = $2", ["device d"]),
        ("SELECT (SELECT 1 FROM kompang.message) FROM kompang.lead WHERE account_id = $1", ["message"]),
        ("SELECT * FROM kompang.lead WHERE account_id = $1 UNION ALL SELECT * FROM kompang.lead", ["lead"]),
        ("WITH w AS (SELECT id FROM kompang.lead) SELECT * FROM w", ["lead"]),
        (
            "WITH w AS (SELECT phone FROM unnest($1) phone) SELECT FROM kompang.lead l JOIN w USING (phone)",
            ["lead l"],
        ),
        ("UPDATE kompang.device SET state = 'x' WHERE id = $1", ["device"]),
        ("DELETE FROM kompang.message WHERE lead_id IN (SELECT id FROM kompang.lead)", ["lead", "message"]),
        ("INSERT INTO kompang.consent (lead_id) VALUES ($1)", ["INSERT consent"]),
        ("INSERT INTO kompang.event (lead_id) SELECT id FROM kompang.lead", ["lead"]),
        ("UPDATE kompang.lead SET x = 1 FROM unnest($1) AS w (id) WHERE lead.id = w.id", ["lead"]),
        ("SELECT FROM kompang.lead l LEFT JOIN kompang.event e ON l.account_id = $1", ["event e", "lead l"]),
        ("SELECT FROM kompang.lead l LEFT JOIN kompang.event e ON true WHERE l.account_id = $1", ["event e"]),
    ],
)  # fmt: skip
def test_a_statement_with_a_hole_is_found(statement: str, found: list[str]) -> None:
    assert sorted({*unbound(statement)}) == sorted(found)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM kompang.lead WHERE account_id = $1 AND id = $2",
        "SELECT * FROM kompang.lead l JOIN kompang.message m ON m.lead_id = l.id WHERE l.account_id = $1",
        "SELECT * FROM kompang.account a JOIN kompang.device d USING (id) WHERE a.id = $1",
        (
            "WITH w AS (SELECT id FROM kompang.lead WHERE account_id = $1)"
            " DELETE FROM kompang.message m USING w WHERE m.lead_id = w.id"
        ),
        "SELECT * FROM kompang.message WHERE lead_id IN (SELECT id FROM kompang.lead WHERE account_id = $1)",
        (
            "SELECT * FROM kompang.lead l CROSS JOIN LATERAL"
            " (SELECT count(*) FROM kompang.message m WHERE m.lead_id = l.id) n WHERE l.account_id = $1"
        ),
        "SELECT * FROM kompang.lead WHERE (account_id, id) = ($1, $2)",
    ],
)
def test_a_statement_without_one_passes(statement: str) -> None:
    assert unbound(statement) == []
