"""The offline checker, as an assertion."""

from infra.local.network.ledger import read_ledger
from infra.local.reconcile import Report, read_records, reconcile
from tests.scenarios.mesh import Mesh

_SHOWN = 20


async def assert_reconciled(mesh: Mesh) -> Report:
    """Postgres and the ledger agree, and no promise is broken; the report, for its counts."""
    records = await read_records(mesh.owner_dsn)
    report = reconcile(records, read_ledger(mesh.ledger_path))
    assert not report.violations, "\n".join(map(str, report.violations[:_SHOWN]))
    return report
