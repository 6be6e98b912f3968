"""A line of the ledger beside the message it is of."""

from dataclasses import dataclass

from infra.local.network.ledger import Entry
from infra.local.reconcile.records import MessageRecord


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger, with the message it is of."""

    message: MessageRecord
    entry: Entry
