"""The network accepts nothing for an opted-out or erased lead, nor for a paused or cancelled campaign."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from infra.local.reconcile.records import Delivery, MessageRecord, NoSendPeriod
from infra.local.reconcile.report import Invariant, Violation

# A message in flight at the stop, the pause or the cancel cannot be called back.
TAKES_EFFECT_S = 2.0

_CAUSES = {Invariant.OPTED_OUT: "opt-out", Invariant.ERASED: "erasure", Invariant.HELD: "pause or cancel"}
# The answer to a stop word may come so much later.
_ANSWER_S = 3600.0


def sends_in_no_send_periods(
    delivered: Iterable[Delivery], no_send_periods: Iterable[NoSendPeriod]
) -> Iterator[Violation]:
    """Each delivery within such a time, once for each promise."""
    of: defaultdict[tuple[Invariant, int], list[NoSendPeriod]] = defaultdict(list)
    for period in no_send_periods:
        of[period.promise, period.id].append(period)
    answered: set[tuple[int, float]] = set()
    for each in delivered:
        is_answer = _is_first_answer(each.message, answered)
        for promise, number in _no_send_ids(each.message):
            late = (_lateness(period, each, may_answer=is_answer) for period in of.get((promise, number), ()))
            if (longest := max(late, default=0.0)) > 0:
                text = f"accepted {longest + TAKES_EFFECT_S:.1f} s after the {_CAUSES[promise]}"
                yield Violation(promise, each.message.name, text)


def _no_send_ids(message: MessageRecord) -> Iterator[tuple[Invariant, int]]:
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


def _lateness(period: NoSendPeriod, delivery: Delivery, *, may_answer: bool) -> float:
    """Seconds by which the delivery came too late; 0 when it was in time."""
    at = delivery.entry.time
    if period.end_s is not None and at >= period.end_s:
        return 0.0
    answers_it = (
        may_answer and period.promise is Invariant.OPTED_OUT and period.begin_s == delivery.message.answers_s
    )
    return max(0.0, at - period.begin_s - TAKES_EFFECT_S - (_ANSWER_S if answers_it else 0.0))
