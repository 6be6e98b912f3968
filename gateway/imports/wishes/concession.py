"""An exception in the title of a column: `I agree to be called even if I am on the DND register`.

The opt-out that it names is not what is asked: a no to such a title is a no. What is left of the title
without its exception says what the column is about.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.imports.wishes.fold import fold, words
from gateway.imports.wishes.vocabulary import CHANNELS, TITLES, all_parted

_FILE: dict[str, str] = tomllib.loads(Path(__file__).with_name("concession.toml").read_text(encoding="utf-8"))
_CLAUSES = re.compile(r"[,;.:()\[\]\u2013\u2014\u3001\uff0c\u3002\uff08\uff09\u060c]")
_UNSPACED = ("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af")


_OVERRULING = frozenset(_FILE["overruling"].split())
_PERSISTING = frozenset(map(fold, _FILE["persisting"].split()))


def _marks(name: str) -> tuple[str, ...]:
    """A mark with the spaces around it that it must have."""
    folded = [fold(each.replace("_", " ")) for each in _FILE[name].split()]
    return tuple(each if _is_unspaced(each) else f" {each} " for each in folded)


def _is_unspaced(text: str) -> bool:
    return any(first <= text[0] <= last for first, last in _UNSPACED)


_BEFORE, _AFTER, _THEN, _EXCEPT = (_marks(name) for name in ("before", "after", "then", "except"))


def principal(header: str) -> str:
    """The title without its exceptions; all of it where that leaves nothing about a wish."""
    clauses = [f" {' '.join(words(each))} " for each in _CLAUSES.split(header)]
    kept = [_kept(clause) for clause in clauses]
    rest = " ".join("".join(kept).split())
    return rest if kept != clauses and _is_about_a_wish(rest) else header


def leaves_out(header: str) -> bool:
    """Whether a title asks for all but messages: `Contact allowed except by WhatsApp`."""
    text = f" {' '.join(words(header))} "
    begins = [text.index(mark) for mark in _EXCEPT if mark in text]
    said = text[min(begins) :].split() if begins else []
    return bool(CHANNELS["whatsapp"].found(said) or CHANNELS["messages"].found(said))


def overrules(said: Sequence[str]) -> bool:
    """Whether the words are about an opt-out that is to count for nothing."""
    return not _OVERRULING.isdisjoint(said)


def persists(said: Sequence[str]) -> bool:
    """Whether the words are about somebody who agrees all the same: `DND, but still agrees`."""
    return not _PERSISTING.isdisjoint(said)


def _kept(clause: str) -> str:
    for part in _parts(clause):
        if _denies(part):
            return clause.replace(part, " ", 1)
    return clause


def _parts(clause: str) -> Iterator[str]:
    """What an exception may be, the first mark before the others."""
    begins = [clause.index(mark) for mark in _BEFORE if mark in clause]
    if begins:
        part = clause[min(begins) :]
        ends = [part.index(mark) for mark in _THEN if mark in part]
        yield part[: min(ends)] if ends else part
    ends = [clause.index(mark) + len(mark.rstrip()) for mark in _AFTER if mark in clause]
    if ends:
        yield clause[: max(ends)]


def _denies(part: str) -> bool:
    said = all_parted(part.split())
    return bool(TITLES["out"].found(said) or TITLES["not"].found(said) or TITLES["cancelled"].found(said))


def _is_about_a_wish(rest: str) -> bool:
    said: Sequence[str] = all_parted(rest.split())
    return any(TITLES[name].found(said) for name in ("agree", "perhaps", "contact", "not"))
