"""Nothing is accepted of whom, or of what, somebody has silenced. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from infra.local.reconcile.delivery import Delivery
from infra.local.reconcile.records import MessageRecord, Silence
from infra.local.reconcile.report import Invariant, Violation

# What was in flight at the stop, the pause or the cancel cannot be called back.
SILENT_S = 2.0

_WHAT = {Invariant.OPTED_OUT: "opt-out", Invariant.ERASED: "erasure", Invariant.HELD: "pause or cancel"}


def broken_silences(delivered: Iterable[Delivery], silences: Iterable[Silence]) -> Iterator[Violation]:
    """Each delivery that fell into a silence, once a promise."""
    of: defaultdict[tuple[Invariant, int], list[Silence]] = defaultdict(list)
    for silence in silences:
        of[silence.promise, silence.id].append(silence)
    for each in delivered:
        for promise, number in _silenced_by(each.message):
            late = (_lateness(silence, each.entry.time) for silence in of.get((promise, number), ()))
            if (longest := max(late, default=0.0)) > 0:
                text = f"accepted {longest + SILENT_S:.1f} s after the {_WHAT[promise]}"
                yield Violation(promise, each.message.name, text)


def _silenced_by(message: MessageRecord) -> Iterator[tuple[Invariant, int]]:
    if not message.answers_stop:
        yield Invariant.OPTED_OUT, message.lead_id
    yield Invariant.ERASED, message.lead_id
    if message.campaign_id is not None:
        yield Invariant.HELD, message.campaign_id


def _lateness(silence: Silence, at: float) -> float:
    """Seconds by which it came later than it may have; 0 when it did not."""
    has_ended = silence.end_s is not None and at >= silence.end_s
    return 0.0 if has_ended else max(0.0, at - silence.begin_s - SILENT_S)
