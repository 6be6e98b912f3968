"""The stores of one replica, a store a subject."""

from dataclasses import dataclass

from services.consent.phone_hash import PhoneHashes
from services.dispatch.devices.store import DeviceStore
from services.dispatch.due.store import DueStore
from services.dispatch.hand.store import HandStore
from services.dispatch.inbound.store import InboundStore
from services.dispatch.leases.store import LeaseStore
from services.dispatch.outcomes.store import OutcomeStore
from services.dispatch.receipts.store import ReceiptStore
from services.dispatch.texts.store import TextStore
from services.runtime.postgres import Postgres

# Every statement goes by keys: an index scan is right whatever the statistics say of a young table.
PLANNER = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Each method is one statement, or one transaction of a few. All raise as `translated` says."""

    hand: HandStore
    due: DueStore
    outcomes: OutcomeStore
    inbound: InboundStore
    receipts: ReceiptStore
    leases: LeaseStore
    devices: DeviceStore
    texts: TextStore

    @classmethod
    def on(cls, postgres: Postgres, repeats: int, hashes: PhoneHashes) -> "Stores":
        """After so many attempts `on_unknown: resend` sends no more."""
        return cls(
            HandStore(postgres, repeats),
            DueStore(postgres),
            OutcomeStore(postgres, repeats),
            InboundStore(postgres, hashes),
            ReceiptStore(postgres),
            LeaseStore(postgres),
            DeviceStore(postgres),
            TextStore(postgres),
        )
