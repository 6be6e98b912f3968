"""The cells of a column in the first rows of a file, and what they are together."""

from collections.abc import Sequence
from functools import cached_property

from gateway.imports.wishes.answer import Answer, answer, is_bare, is_time
from gateway.imports.wishes.channel_list import channels
from gateway.imports.wishes.fold import words
from gateway.imports.wishes.nested import leaves

DECIDED = (Answer.YES, Answer.NO)
REFUSED = (Answer.NO, Answer.OPTED_OUT, Answer.NEVER_ASKED)
# Words of a sentence.
_SENTENCE = 3


class Cells:
    """The filled cells of a column in the first rows, each different one once. Looked at when asked for."""

    def __init__(self, sample: Sequence[Sequence[str]], index: int) -> None:
        self._sample = sample
        self._index = index

    @cached_property
    def different(self) -> tuple[str, ...]:
        """In the order of the rows."""
        cells = (row[self._index].strip() for row in self._sample if self._index < len(row))
        return tuple(dict.fromkeys(filter(None, cells)))

    @cached_property
    def are_answers(self) -> bool:
        """Whether each is a yes, a no or the like, and one is a yes or a no."""
        found = set()
        for each in self.different:
            said = answer(each)
            if said is Answer.NOT_UNDERSTOOD:
                return False
            found.add(said)
        return not found.isdisjoint(DECIDED)

    @property
    def are_mostly_answers(self) -> bool:
        """Whether a yes and a no are among them, and most are answers: `yes`, `no`, `-1`.

        One letter may be an answer of a language that writes it so beside its words: `K`, `E`, `ei`.
        """
        found = [answer(each) for each in self.different]
        unknown = [
            each
            for each, said in zip(self.different, found, strict=True)
            if said is Answer.NOT_UNDERSTOOD and not (len(each) == 1 and each.isalpha())
        ]
        return 2 * len(unknown) <= len(found) and set(DECIDED) <= set(found)

    @cached_property
    def have_answers(self) -> bool:
        """Whether one is a yes or a no of any kind."""
        return any(answer(each) in (Answer.YES, *REFUSED) for each in self.different)

    @property
    def have_gaps(self) -> bool:
        """Whether some rows have none."""
        return any(self._index >= len(row) or not row[self._index].strip() for row in self._sample)

    @property
    def are_prose(self) -> bool:
        """Whether most are sentences, one is no answer, and none is a yes."""
        said = {answer(each) for each in self.different}
        told = sum(len(words(each)) >= _SENTENCE for each in self.different)
        return Answer.NOT_UNDERSTOOD in said and Answer.YES not in said and 2 * told > len(self.different)

    @property
    def are_words(self) -> bool:
        """Whether there are some, and none has a digit."""
        return bool(self.different) and not any(map(str.isdecimal, "".join(self.different)))

    @property
    def are_letters(self) -> bool:
        """Whether each is one letter, and there are no more than two: as people write yes and no."""
        return 0 < len(self.different) <= len(DECIDED) and all(
            len(each) == 1 and each.isalpha() for each in self.different
        )

    @property
    def are_bare(self) -> bool:
        """Whether each is a yes or a no and no word more."""
        return bool(self.different) and all(is_bare(each) for each in self.different)

    @property
    def are_times(self) -> bool:
        """Whether most look like moments."""
        return bool(self.different) and 2 * sum(map(is_time, self.different)) > len(self.different)

    @property
    def are_channels(self) -> bool:
        """Whether most name channels, and nothing else."""
        listed = [channels(each) for each in self.different]
        return any(listed) and 2 * sum(each is not None for each in listed) > len(listed)

    @property
    def are_nested(self) -> bool:
        """Whether most have several values by name."""
        return bool(self.different) and 2 * sum(map(bool, map(leaves, self.different))) > len(self.different)

    @property
    def refuse(self) -> bool:
        """Whether one of them is a no of any kind."""
        return any(answer(each) in REFUSED for each in self.different)
