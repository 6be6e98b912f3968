"""Every statement of the processes inside the mesh names what it touches, or is known to look through all."""

from pathlib import Path

import pytest

import services
from services.runtime.queries import Queries
from tests.support.tenancy import BY_KEY, unbound

ROOT = Path(services.__file__).parent
STATEMENTS = {
    f"{path.parent.relative_to(ROOT)}/{name}": statement
    for path in sorted(ROOT.rglob("queries.sql"))
    for name, statement in Queries(path).statements.items()
}
# Those of the whole mesh, and why. Enrollment is one process for all accounts, and what follows a restore
# concerns all of them.
OF_THE_MESH = {
    "dispatch/devices/settle_outdated": "of its shards, or all: a client that is outdated is no device's",
    "dispatch/due/scan": "of its devices, but for the few campaigns that sleep: their list is made once",
    "dispatch/hand/defer_first_contacts": "of its devices, but for the few campaigns that sleep",
    "dispatch/inbound/confirmations": "the newest stop words of all, then those of the shards",
    "dispatch/inbound/late_confirmations": "once a minute those that nobody took",
    "dispatch/inbound/record_inbound": "of the senders' enrollments; a coalesce is not followed here",
    "dispatch/inbound/doubts": "a figure: how many suppressions wait for a decision",
    "dispatch/inbound/waiting": "a figure: how many replies wait",
    "dispatch/receipts/arrivals": "of its shards, but for the networks on which anything arrives at all",
    "enrollment/campaigns/changed": "which campaigns have counts to fold",
    "enrollment/campaigns/finish": "campaigns that have nothing left",
    "enrollment/campaigns/fold": "the oldest counts, whosever",
    "enrollment/campaigns/launching": "campaigns to launch",
    "enrollment/campaigns/running": "campaigns that may have finished",
    "enrollment/campaigns/scheduled": "campaigns whose time has come",
    "enrollment/campaigns/sweeps/sweeps": "campaigns that are being cancelled or retried",
    "enrollment/listeners": "sequences whose triggers the scan looks for",
    "enrollment/moves/newest": "of the sequences named, and those that their own links reach: by recursion",
    "restore/doubts": "a figure: how many messages a restore left in doubt",
    "restore/settle_doubts": "all messages that a restore left in doubt",
    "restore/withhold": "all leads written to in the time that was lost",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_touches_what_is_named(name: str) -> None:
    found = unbound(STATEMENTS[name], BY_KEY)
    assert bool(found) == (name in OF_THE_MESH), (
        f"{name}: no key binds {', '.join(found)}; name the rows, or list the statement with its reason"
        if found
        else f"{name} is bound: take it off the list"
    )


def test_the_list_names_statements_that_are_there() -> None:
    assert {*OF_THE_MESH} <= {*STATEMENTS}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE message SET state = 'sent'", ["message"]),
        ("UPDATE message SET state = 'sent' WHERE state = $1", ["message"]),
        ("UPDATE message m SET state = 'sent' FROM device d WHERE d.id = $1", ["message m"]),
        ("SELECT FROM unnest($1) AS t (phone) JOIN lead l ON l.phone = t.phone", ["lead l"]),
        (
            "WITH w AS (SELECT phone FROM unnest($1) phone) SELECT FROM w JOIN lead l ON l.phone = w.phone",
            ["lead l"],
        ),
        ("SELECT FROM unnest($1) AS t (device_id) CROSS JOIN device d", ["device d"]),
        ("SELECT FROM shard_lease s JOIN device d ON d.shard = s.shard", ["device d"]),
        ("SELECT FROM device WHERE shard <> ALL ($1)", ["device"]),
    ],
)
def test_a_statement_with_a_hole_is_found(statement: str, found: list[str]) -> None:
    assert sorted({*unbound(statement, BY_KEY)}) == found


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM device WHERE shard = ANY ($1::smallint[])",
        "SELECT FROM unnest($1) AS t (id) JOIN device d USING (id) JOIN message m ON m.device_id = d.id",
        "WITH w AS (SELECT id FROM unnest($1) id) DELETE FROM lead USING w WHERE lead.id = w.id",
        "UPDATE message SET state = 'sent' WHERE id = $1 AND scheduled_at = $2",
    ],
)
def test_a_statement_that_names_its_rows_passes(statement: str) -> None:
    assert unbound(statement, BY_KEY) == []
