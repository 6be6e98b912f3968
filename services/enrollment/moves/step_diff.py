"""Pure: how far somebody has come in a sequence that was changed meanwhile.

Steps are given by what they say. One that says the same in both versions is the same one; those that stand
in the place of others are taken for them in their order; what was put in before the last step is behind.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher


def passed(before: Sequence[Hashable], after: Sequence[Hashable], position: int) -> int:
    """How many steps of `after` lie behind somebody whose last step was `position` (from 1) of `before`."""
    last = position - 1
    for kind, first, end, new_first, new_end in _matcher(before, after).get_opcodes():
        if first <= last < end:
            if kind == "delete":
                return new_first
            return min(new_first + (last - first) + 1, new_end)
    return len(after)


def had_already(before: Sequence[Hashable], after: Sequence[Hashable], position: int) -> set[int]:
    """The steps of `after` (from 0) that were put behind the last step, but before it in `before`.

    A text that stands in a sequence twice, in both versions, is meant to be said twice.
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
