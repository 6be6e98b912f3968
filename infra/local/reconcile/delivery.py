"""A line of the ledger, paired with its message."""

from dataclasses import dataclass

from infra.local.network.ledger import Entry
from infra.local.reconcile.records import MessageRecord


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger and the message that was sent."""

    message: MessageRecord
    entry: Entry
