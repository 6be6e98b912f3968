"""What a reply means: stop, perhaps, start, or no more than a reply. Pure, linear, and bounded.

A reply is brought to clauses of known words (`normal`, `spelling`), and each clause is read in every language
that it may be in (`vocabulary`, `grammar`). A clause that says stop, in known words alone, is a stop; beside
much else, or where it is asked rather than said, it is one perhaps. Where the rules hear none, the reply is
weighed (`likeness`), and may be one perhaps, too; one perhaps of the rules may be none, and a stop stays one.
docs/consent.md says what they were measured on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.consent.exemption import exempted, insists, is_put_off, laughs
from services.consent.grammar import Said, said
from services.consent.likeness import is_like_a_stop, is_unlike_a_stop
from services.consent.normal import Clause, clauses
from services.consent.parting import parted
from services.consent.roles import Role
from services.consent.spelling import spelled
from services.consent.vocabulary import vocabulary
from services.consent.words import Meaning, ends, folded, visible

# Beside a clause that says stop, a name or a few words more leave it clear.
_FEW_WORDS = 4
# So many words are read, each once in every language that its clause may be in: two thirds of them at the
# beginning of the reply, the others at its end. To begin a clause costs as much as some words.
_READINGS = 1_200
_BEGINNING = 6
# Words that are said one by one.
_FEWEST_APART, _MOST_APART = 3, 8
_OF_A_START = frozenset({
    Role.START, Role.FILLER, Role.TODAY, Role.ME, Role.OBJECT, Role.PLACE, Role.SEND, Role.CONTACT,
})  # fmt: skip


def meaning(text: str) -> Meaning:
    """The meaning of a reply, by the words that every account has."""
    seen = visible(ends(text))
    typed = clauses(seen)
    found = _by_rules(typed, laughing=laughs(seen))
    if found.meaning is Meaning.REPLY and is_like_a_stop(typed, is_denied=found.is_denied):
        return Meaning.REPLY if is_put_off(typed) else Meaning.PERHAPS
    if found.meaning is Meaning.PERHAPS and is_unlike_a_stop(typed):
        return Meaning.REPLY
    return found.meaning


def meaning_by_rules(text: str) -> Meaning:
    """The meaning without the likeness: of a word that is promised, or of a note about somebody."""
    return _by_rules(clauses(visible(ends(text)))).meaning


@dataclass(frozen=True, slots=True)
class _Ruled:
    """What the rules hear; `is_denied`: a lone word, each word known, or they hear that no stop is meant."""

    meaning: Meaning
    is_denied: bool = False


def _by_rules(typed: Sequence[Clause], *, laughing: bool = False) -> _Ruled:
    found = _bounded(parted(spelled(typed)))
    if not found:
        return _Ruled(Meaning.REPLY, is_denied=True)
    heard = exempted(found, [_heard(clause) for clause in found], laughing=laughing)
    unknown = sum(each.unknown for each in heard)
    stops = _counting(found, heard, unknown)
    if stops:
        clear = any(not each.unknown for each in stops) and unknown <= _FEW_WORDS
        is_clear = clear and not any(map(_asks, found)) and not (laughing and unknown)
        return _Ruled(Meaning.STOP if is_clear else Meaning.PERHAPS)
    if _is_start(found):
        return _Ruled(Meaning.START)
    if _spelled_out(found):
        return _Ruled(Meaning.STOP)
    if any(each.complains or (each.perhaps and not unknown) for each in heard) or insists(found, heard):
        return _Ruled(Meaning.PERHAPS)
    is_lone = sum(len(clause.words) for clause in found) == 1
    return _Ruled(Meaning.REPLY, is_denied=is_lone or not unknown or any(each.denies for each in heard))


def _spelled_out(found: Sequence[Clause]) -> bool:
    """`No. More. Messages.`: a sentence with a stop behind every word."""
    words = [word for clause in found for word in clause.words]
    if not _FEWEST_APART <= len(found) == len(words) <= _MOST_APART or any(clause.asks for clause in found):
        return False
    return _heard(Clause(words, asks=False)).stops


def _counting(found: Sequence[Clause], heard: Sequence[Said], unknown: int) -> list[Said]:
    """Those clauses that say stop, whatever else the reply says."""
    both = list(zip(found, heard, strict=True))
    explained = any(each.explains or each.complains or _disowns(clause, each) for clause, each in both)
    asked = any(clause.asks and not each.stops for clause, each in both)
    about = any(word.plain in vocabulary().topics for clause in found for word in clause.words)
    stops = [
        (clause, each)
        for at, (clause, each) in enumerate(both)
        if each.stops
        and not (each.is_soft and (unknown or asked) and not explained)
        and not (about and at and unknown and not each.is_bound and not explained)
        and not (about and each.removes)
    ]
    said = [each for _, each in stops]
    is_none = _is_invited(heard, stops, explained=explained) or _is_postponed(heard, said)
    return [] if is_none else said


def _is_invited(heard: Sequence[Said], stops: Sequence[tuple[Clause, Said]], *, explained: bool) -> bool:
    """`don't call me, text me`."""
    invited = not explained and any(each.invites for each in heard)
    written = any(each.mentions and not each.stops for each in heard)
    return all(
        (invited and each.is_denial) or ((invited or written) and each.calls and _of_calls(clause))
        for clause, each in stops
    )


def _of_calls(clause: Clause) -> bool:
    return any(word.plain in vocabulary().calls for word in clause.words)


def _is_postponed(heard: Sequence[Said], stops: Sequence[Said]) -> bool:
    """`don't send it today, tomorrow`."""
    of_now = all(each.today or (each.is_denial and not each.is_bound) for each in stops)
    return of_now and any(each.later for each in heard)


def _disowns(clause: Clause, each: Said) -> bool:
    """`the number is not Juan's any more`."""
    return each.has_denial and any(word.plain in vocabulary().numbers for word in clause.words)


def _bounded(found: list[Clause]) -> list[Clause]:
    """The clauses, without the middle of those that would take too long to be read in each language."""
    if sum(_cost(clause, len(vocabulary().languages)) for clause in found) <= _READINGS:
        return found
    ways = [len(vocabulary().candidates(clause.words)) for clause in found]
    if sum(map(_cost, found, ways)) <= _READINGS:
        return found
    first: list[Clause] = []
    left, at = _READINGS * 2 // 3, 0
    while at < len(found) and left > 0:
        words = found[at].words[: left // max(1, ways[at])]
        first.append(Clause(words, found[at].asks))
        left -= _cost(found[at], ways[at]) if len(words) == len(found[at].words) else left
        at += 1
    last: list[Clause] = []
    left, end = _READINGS // 3, len(found)
    while end >= at and end > 0 and left > 0:
        end -= 1
        fits = left // max(1, ways[end])
        words = found[end].words[-fits:] if fits else []
        last.append(Clause(words, found[end].asks))
        left -= _cost(found[end], ways[end]) if len(words) == len(found[end].words) else left
    return [clause for clause in (*first, *reversed(last)) if clause.words]


def _cost(clause: Clause, ways: int) -> int:
    return (len(clause.words) + _BEGINNING) * max(1, ways)


def core(text: str) -> str:
    """A reply without greeting and politeness, folded: what is compared with the words of an account."""
    fillers = vocabulary().fillers
    words = [word for clause in clauses(visible(ends(text))) for word in clause.words]
    if len(words) > _FEW_WORDS * 2:
        return ""
    return folded(" ".join(word.marked for word in words if word.plain not in fillers))


def clash(stop_words: Collection[str], start_words: Collection[str]) -> str | None:
    """Returns a folded word of an account that would mean both, or that would undo a word of the product."""
    for word in stop_words:
        if word in start_words or meaning(word) is Meaning.START:
            return word
    return next((word for word in start_words if meaning(word) in (Meaning.STOP, Meaning.PERHAPS)), None)


def _is_start(found: list[Clause]) -> bool:
    """A start is never guessed: each word must be one of it, and nothing may be asked or denied."""
    if any(clause.asks for clause in found):
        return False
    words = [word for clause in found for word in clause.words]
    known = vocabulary()
    if len(words) > 4 * _FEW_WORDS or not any(word.plain in known.starts for word in words):
        return False
    for language in known.candidates(words):
        parts = [part for clause in found for part in language.read(clause.words)]
        roles = {Role.START if part.second is Role.START else part.role for part in parts}
        if Role.START in roles and roles <= _OF_A_START:
            return True
    return False


def _heard(clause: Clause) -> Said:
    """The reading in the language that knows the most of its words."""
    read = []
    asks = _asks(clause)
    for language in vocabulary().candidates(clause.words):
        read.append(said(language.read(clause.words), asks=asks))
        # Most are in English, which comes first.
        if read[-1].stops and not read[-1].unknown:
            break
    return min(read, key=_rank, default=Said(unknown=_unknown(clause)))


def _asks(clause: Clause) -> bool:
    """Whether it is a question: `STOP?` is a stop, of somebody who is not sure whether that is the word."""
    if not clause.asks:
        return False
    languages = vocabulary().candidates(clause.words)
    return all(len(language.read(clause.words)) > 1 for language in languages)


def _rank(each: Said) -> tuple[bool, bool, int, bool, bool, bool]:
    """Among readings of equally many words a denial comes first, then what is the nearest to a stop."""
    is_nothing = not (each.perhaps or each.complains)
    return not each.goes_on, not each.is_bound, each.unknown, not each.denies, not each.stops, is_nothing


def _unknown(clause: Clause) -> int:
    fillers = vocabulary().fillers
    return sum(word.plain not in fillers and not word.plain.isdigit() for word in clause.words)
