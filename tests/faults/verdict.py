"""The offline checker of the fault suite: the mesh's invariants, and what only faults can break."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from infra.local.network.ledger import Entry
from infra.local.reconcile import Records, Report, reconcile

_SHOWN = 12


class Broken(AssertionError):
    """A promise did not hold."""


class NotAvailable(Exception):
    """This machine cannot do this fault; says why."""


@dataclass(frozen=True)
class Allowance:
    """What may be in the ledger because of what was done.

    Attributes:
        in_flight: messages that were in flight at the faults, each of which may be repeated.
        lost: sends and acknowledgements that the network itself swallowed.

    """

    in_flight: int = 0
    lost: int = 0


def broken_promises(records: Records, ledger: Sequence[Entry], allowance: Allowance) -> list[str]:
    """Every broken promise, in words."""
    report = reconcile(records, ledger, cut_off=allowance.in_flight)
    return [*map(str, report.violations), *_repeated(report, allowance), *_in_flight_at_once(ledger)]


def _repeated(report: Report, allowance: Allowance) -> list[str]:
    allowed = allowance.in_flight + allowance.lost
    if report.ledger_repeats <= allowed:
        return []
    told = f"{allowance.in_flight} messages were in flight at faults and the network lost {allowance.lost}"
    return [f"repeats: {report.ledger_repeats} in the ledger, but {told}"]


def _in_flight_at_once(ledger: Iterable[Entry]) -> Iterator[str]:
    """A message that is repeated was in flight still: its device must have sent no other meanwhile."""
    latest: dict[str, str] = {}
    for entry in ledger:
        if not entry.repeat:
            latest[entry.device] = entry.wire_id
        elif latest.get(entry.device) != entry.wire_id:
            yield f"in flight: line {entry.seq} repeats {entry.wire_id}, and another was sent meanwhile"


def assert_held(records: Records, ledger: Sequence[Entry], allowance: Allowance) -> None:
    """Raise Broken with the first few broken promises."""
    broken = broken_promises(records, ledger, allowance)
    if broken:
        more = f"\n… and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
        raise Broken("\n".join(broken[:_SHOWN]) + more)
