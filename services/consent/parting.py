"""Thoughts that no sign parts, as people speak them or type in haste. Pure, linear.

`this number is my mother's please stop` is two thoughts, and so is `please stop i moved away`. A clause is
parted before a word of contrast, after a stop that another thought follows, and before a polite stop at its
end. A thought about what stops elsewhere (`the bus`) is left as it is.
"""

from collections.abc import Iterator, Sequence

from services.consent.normal import Clause, Word
from services.consent.roles import Role
from services.consent.vocabulary import Vocabulary, vocabulary

_STOPS = (Role.STOP, Role.LEAVE)
# Behind a polite stop at the end of a clause: `please stop sending`.
_MOST_BEHIND = 2


def parted(found: Sequence[Clause]) -> list[Clause]:
    """The clauses, one for each thought."""
    known = vocabulary()
    clauses: list[Clause] = []
    for clause in found:
        pieces = [
            piece
            for sentence in _without_signs(clause.words, known)
            for part in _contrasted(sentence, known)
            for piece in _stopped(part, known)
        ]
        clauses += [Clause(piece, clause.asks and piece is pieces[-1]) for piece in pieces]
    return clauses


def _without_signs(words: list[Word], known: Vocabulary) -> Iterator[list[Word]]:
    """`🛑 | வேண்டாம் | 🛑`: a sign is nothing that the word beside it denies, but in `don't 🛑`."""
    said = [at for at, word in enumerate(words) if any(map(str.isalnum, word.plain))]
    if not said or len(said) == len(words):
        yield words
        return
    first, last = said[0], said[-1] + 1
    if words[last - 1].plain in known.denials:
        last = len(words)
    yield from filter(None, (words[:first], words[first:last], words[last:]))


def _contrasted(words: list[Word], known: Vocabulary) -> Iterator[list[Word]]:
    """`thanks | but please stop`."""
    begin = 0
    for at in range(1, len(words)):
        if words[at].plain in known.contrasts:
            yield words[begin:at]
            begin = at
    yield words[begin:]


def _stopped(words: list[Word], known: Vocabulary) -> Iterator[list[Word]]:
    """`please stop | i moved away`, `this is my work phone | please stop`."""
    at = _stop(words, known)
    if at is None or any(word.plain in known.topics for word in words):
        yield words
        return
    end = at + 1
    while end < len(words) and _is_filler(words[end], known):
        end += 1
    behind = words[end:]
    polite = at - 1
    if polite > 0 and len(behind) <= _MOST_BEHIND and words[polite].plain in known.polite:
        yield words[:at]
        yield words[at:]
    elif behind and words[end].plain not in known.breaks:
        yield words
    else:
        yield words[:end]
        if behind:
            yield behind


def _is_filler(word: Word, known: Vocabulary) -> bool:
    is_filler = word.plain in known.fillers or word.marked in known.fillers
    return is_filler and word.plain not in known.breaks


def _stop(words: Sequence[Word], known: Vocabulary) -> int | None:
    # In Vietnamese the plain form of a word may be another word, and one word is a stop and a denial.
    keys = (word.marked if word.marked in known.words else word.plain for word in words)
    places = (
        at for at, key in enumerate(keys) if known.stops.get(key) in _STOPS and key not in known.denials
    )
    return next(places, None)
