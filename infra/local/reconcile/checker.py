"""Every promise as one small check over the rows and the ledger. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra.local.network.ledger import Entry
from infra.local.network.receipts import Receipt
from infra.local.reconcile.campaigns import wrong_campaigns
from infra.local.reconcile.enrollments import incomplete, wrong_rounds
from infra.local.reconcile.no_send_periods import sends_in_no_send_periods
from infra.local.reconcile.records import Delivery, MessageRecord, Records
from infra.local.reconcile.report import Invariant, Report, Violation
from services.message.state import MessageState

_WENT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
_OPEN = frozenset({"pending", "handed"})
# The tolerance for the clocks of two processes and for rounding in the row.
_PACING_SLACK_S = 0.05


def reconcile(
    records: Records,
    ledger: Iterable[Entry],
    shown: Mapping[int, str] | None = None,
    receipts: Iterable[Receipt] | None = None,
    cut_off: int = 0,
) -> Report:
    """Compare the rows with the ledger, whose entries are in the order of acceptance.

    `shown`: by message id, the hash of the text that the gateway renders again and calls exact.
    `receipts`: all that the network has told of messages; None: not compared.
    `cut_off`: how many sends the hosts that were killed may have had in hand. Of so many messages that
    arrived the hash of the text may be missing.
    """
    entries = list(ledger)
    messages = {message.wire_id: message for message in records.messages}
    by_id: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_id[entry.wire_id].append(entry)
    known = [Delivery(messages[entry.wire_id], entry) for entry in entries if entry.wire_id in messages]
    delivered = [each for each in known if not each.entry.repeat]
    violations = (
        *_states(records.messages, by_id),
        *_twice(records.messages, by_id),
        *_wrong_arrivals(records.messages, receipts),
        *_unknown_ids(messages, by_id),
        *_wrong_addresses(known),
        *_wrong_texts(delivered, cut_off),
        *_wrong_renderings(delivered, shown),
        *_changed_texts(by_id),
        *_out_of_order(delivered),
        *_too_fast(delivered),
        *_epochs_back(known),
        *sends_in_no_send_periods(delivered, records.no_send_periods),
        *incomplete(records.enrollments, records.messages),
        *wrong_rounds(records.enrollments),
        *wrong_campaigns(records.campaigns, records.campaign_leads, records.messages),
    )
    return Report(
        states=dict(Counter(message.state for message in records.messages)),
        enrolled=len(records.enrollments),
        ledger_unique=len(by_id),
        ledger_repeats=sum(entry.repeat for entry in entries),
        violations=violations,
        shown=None
        if shown is None
        else sum(shown.get(each.message.id) == each.entry.text_hash for each in delivered),
    )


def _states(messages: Iterable[MessageRecord], by_id: Mapping[str, Sequence[Entry]]) -> Iterator[Violation]:
    for message in messages:
        accepted = message.wire_id in by_id
        if message.state in _WENT and not accepted:
            yield Violation(Invariant.LOST, message.name, f"{message.state}, but never accepted")
        if message.state == MessageState.UNKNOWN and not message.is_abandoned:
            yield Violation(Invariant.UNKNOWN, message.name, "accepted" if accepted else "never accepted")
        elif accepted and message.state not in (*_WENT, MessageState.UNKNOWN):
            yield Violation(Invariant.UNRECORDED, message.name, f"accepted, but {message.state}")
        if message.state in _OPEN:
            yield Violation(Invariant.UNFINISHED, message.name, message.state)


def _twice(messages: Iterable[MessageRecord], by_id: Mapping[str, Sequence[Entry]]) -> Iterator[Violation]:
    for message in messages:
        deliveries = sum(not entry.repeat for entry in by_id.get(message.wire_id, ()))
        if deliveries > 1:
            yield Violation(Invariant.TWICE, message.name, f"delivered {deliveries} times")


def _wrong_arrivals(
    messages: Iterable[MessageRecord], receipts: Iterable[Receipt] | None
) -> Iterator[Violation]:
    if receipts is None:
        return
    told: dict[str, str] = {}
    for receipt in receipts:
        if receipt.read or receipt.wire_id not in told:
            told[receipt.wire_id] = MessageState.READ if receipt.read else MessageState.DELIVERED
    for message in messages:
        wanted = told.get(message.wire_id)
        if message.state != wanted and (
            wanted is not None or message.state in (MessageState.DELIVERED, MessageState.READ)
        ):
            yield Violation(
                Invariant.ARRIVED, message.name, f"{message.state}, told is {wanted or 'nothing'}"
            )


def _unknown_ids(
    messages: Mapping[str, MessageRecord], by_id: Mapping[str, Sequence[Entry]]
) -> Iterator[Violation]:
    for wire_id, entries in by_id.items():
        if wire_id not in messages:
            yield Violation(
                Invariant.UNKNOWN_ID, wire_id, f"accepted {len(entries)} times, no message has it"
            )


def _wrong_addresses(known: Iterable[Delivery]) -> Iterator[Violation]:
    for each in known:
        if not each.message.is_erased and each.entry.recipient.lstrip("+") != each.message.recipient:
            yield Violation(Invariant.RECIPIENT, each.message.name, f"line {each.entry.seq}: another number")
        if each.entry.device.lstrip("+") != each.message.device:
            yield Violation(Invariant.DEVICE, each.message.name, f"line {each.entry.seq}: another device")


def _wrong_texts(delivered: Iterable[Delivery], cut_off: int) -> Iterator[Violation]:
    """Only a message that is recorded as sent keeps a hash; an erased lead's message keeps none."""
    for each in delivered:
        if each.message.is_erased and not each.message.text_hash:
            continue
        if each.message.is_told_only and cut_off > 0:
            cut_off -= 1
            continue
        if each.message.state in _WENT and each.entry.text_hash != each.message.text_hash:
            kept = each.message.text_hash or "none"
            yield Violation(Invariant.TEXT, each.message.name, f"{each.entry.text_hash}, kept is {kept}")


def _wrong_renderings(delivered: Iterable[Delivery], shown: Mapping[int, str] | None) -> Iterator[Violation]:
    if shown is None:
        return
    for each in delivered:
        text_hash = shown.get(each.message.id)
        if not each.message.is_erased and text_hash != each.entry.text_hash:
            yield Violation(
                Invariant.SHOWN,
                each.message.name,
                f"{each.entry.text_hash}, shown is {text_hash or 'none exact'}",
            )


def _changed_texts(by_id: Mapping[str, Sequence[Entry]]) -> Iterator[Violation]:
    for wire_id, entries in by_id.items():
        hashes = {entry.text_hash for entry in entries}
        if len(hashes) > 1:
            yield Violation(Invariant.SAME_TEXT, wire_id, f"{len(hashes)} texts in {len(entries)} lines")


def _out_of_order(delivered: Iterable[Delivery]) -> Iterator[Violation]:
    latest: dict[int, int] = {}
    for each in delivered:
        if each.message.enrollment_id is None:
            continue
        before = latest.get(each.message.enrollment_id, 0)
        if each.message.position < before:
            text = f"step {each.message.position} came after step {before}"
            yield Violation(Invariant.ORDER, each.message.name, text)
        latest[each.message.enrollment_id] = max(before, each.message.position)


def _too_fast(delivered: Iterable[Delivery]) -> Iterator[Violation]:
    latest: dict[str, Entry] = {}
    for each in delivered:
        before = latest.get(each.entry.device)
        gap = None if before is None else each.entry.gap_s(before)
        if gap is not None and gap < each.message.min_delay_s - _PACING_SLACK_S:
            text = f"{gap:.3f} s after the send before it, {each.message.min_delay_s:g} s is the least"
            yield Violation(Invariant.PACING, each.message.name, text)
        latest[each.entry.device] = each.entry


def _epochs_back(known: Iterable[Delivery]) -> Iterator[Violation]:
    latest: dict[str, int] = {}
    for each in known:
        before = latest.get(each.entry.device, 0)
        if each.entry.epoch < before:
            text = f"line {each.entry.seq}: epoch {each.entry.epoch} after {before}"
            yield Violation(Invariant.EPOCH, each.message.name, text)
        latest[each.entry.device] = max(before, each.entry.epoch)
