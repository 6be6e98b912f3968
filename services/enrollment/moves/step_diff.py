"""Pure: the position of a lead in a sequence that was edited after the enrollment.

Two steps with the same text in both versions are the same step. Steps that replace others count as those, in
their order. A step that was added before the last step of the lead counts as passed.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher


def passed(before: Sequence[Hashable], after: Sequence[Hashable], position: int) -> int:
    """Returns how many steps of `after` a lead has passed, whose last in `before` was `position` (from 1)."""
    last = position - 1
    for kind, first, end, new_first, new_end in _matcher(before, after).get_opcodes():
        if first <= last < end:
            if kind == "delete":
                return new_first
            return min(new_first + (last - first) + 1, new_end)
    return len(after)


def had_already(before: Sequence[Hashable], after: Sequence[Hashable], position: int) -> set[int]:
    """Returns the steps of `after` (from 0) that come after the last step, but came before it in `before`.

    A text that a sequence has twice, in both versions, is to be sent twice.
    """
    blocks = _matcher(before, after).get_matching_blocks()
    same_before = {block.a + k for block in blocks for k in range(block.size)}
    same_after = {block.b + k for block in blocks for k in range(block.size)}
    left = Counter(before[k] for k in range(position) if k not in same_before)
    found: set[int] = set()
    for k in range(passed(before, after, position), len(after)):
        if k not in same_after and left[after[k]] > 0:
            left[after[k]] -= 1
            found.add(k)
    return found


def _matcher(before: Sequence[Hashable], after: Sequence[Hashable]) -> SequenceMatcher[Hashable]:
    return SequenceMatcher(None, before, after, autojunk=False)
