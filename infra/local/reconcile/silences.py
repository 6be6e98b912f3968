"""The network accepts no message of a lead or a campaign in a time in which it may get or send none. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from infra.local.reconcile.records import Delivery, MessageRecord, Silence
from infra.local.reconcile.report import Invariant, Violation

# A message in flight at the stop, the pause or the cancel cannot be called back.
SILENT_S = 2.0

_CAUSES = {Invariant.OPTED_OUT: "opt-out", Invariant.ERASED: "erasure", Invariant.HELD: "pause or cancel"}
# The answer to a stop word may come so much later.
_ANSWER_S = 3600.0


def broken_silences(delivered: Iterable[Delivery], silences: Iterable[Silence]) -> Iterator[Violation]:
    """Each delivery within such a time, once for each promise."""
    of: defaultdict[tuple[Invariant, int], list[Silence]] = defaultdict(list)
    for silence in silences:
        of[silence.promise, silence.id].append(silence)
    answered: set[tuple[int, float]] = set()
    for each in delivered:
        is_answer = _is_first_answer(each.message, answered)
        for promise, number in _silenced_by(each.message):
            late = (
                _lateness(silence, each, may_answer=is_answer) for silence in of.get((promise, number), ())
            )
            if (longest := max(late, default=0.0)) > 0:
                text = f"accepted {longest + SILENT_S:.1f} s after the {_CAUSES[promise]}"
                yield Violation(promise, each.message.name, text)


def _silenced_by(message: MessageRecord) -> Iterator[tuple[Invariant, int]]:
    yield Invariant.OPTED_OUT, message.lead_id
    yield Invariant.ERASED, message.lead_id
    if message.campaign_id is not None:
        yield Invariant.HELD, message.campaign_id


def _is_first_answer(message: MessageRecord, answered: set[tuple[int, float]]) -> bool:
    """Whether the message is the one answer to a stop word, which is then added to `answered`."""
    if message.answers_s is None or (message.lead_id, message.answers_s) in answered:
        return False
    answered.add((message.lead_id, message.answers_s))
    return True


def _lateness(silence: Silence, delivery: Delivery, *, may_answer: bool) -> float:
    """Seconds by which the delivery came too late; 0 when it was in time."""
    at = delivery.entry.time
    if silence.end_s is not None and at >= silence.end_s:
        return 0.0
    answers_it = (
        may_answer
        and silence.promise is Invariant.OPTED_OUT
        and silence.begin_s == delivery.message.answers_s
    )
    return max(0.0, at - silence.begin_s - SILENT_S - (_ANSWER_S if answers_it else 0.0))
