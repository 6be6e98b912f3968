"""Lines that say what the values of a column mean: `Legend: Y = may send, N = do not`, `rood: niet bellen`.

A legend counts for the column that carries its values, where it is about a wish: what it calls a no is one
in that column. A value that it leaves out, or tells in words that nobody knows, is neither yes nor no.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.imports.wishes.answer import Answer, answer, opts_out
from gateway.imports.wishes.code import code_of
from gateway.imports.wishes.notes import wants_none
from gateway.imports.wishes.told import NOES, meaning, speaks_of_messages
from gateway.imports.wishes.vocabulary import VALUES

LONGEST = 1000
_BETWEEN = re.compile(r"[,;|\n\u3001\uff0c\uff1b]")
_SIGN = re.compile(r"[=\uff1d]")
_LEAST = 2
_REFUSALS = (*NOES, Answer.NEVER_ASKED)
_BELOW_ZERO = re.compile(r"-\d{1,3}")
# What may stand between a value and its meaning; all but the first only behind a value that a column has.
_SIGNS = re.compile(r"=>|->|[=\uff1d:\uff1a\u2192)]| [-\u2013\u2014] | means | is | bedeutet | significa ")
_MOST_PAIRS = 20
_LONGEST_CODE = 20
_CODE_WORDS = 3
_SEVERAL = re.compile(r"[/&+]")
_AROUND = " \t\"'()[]{}.*•·-–—,;|"


def is_legend(line: str) -> bool:
    """Whether a line explains values, and each no of it is one for us as well."""
    if len(line) > LONGEST:
        return False
    pairs = list(_pairs(line))
    return len(pairs) >= _LEAST and all(pair and _is_same(*pair) for pair in pairs)


def refuses(line: str) -> bool:
    """Whether one of the values that a line explains is a no about messages."""
    if len(line) > LONGEST:
        return False
    told = [
        part[sign.end() :].strip()
        for part in _BETWEEN.split(line)[:_MOST_PAIRS]
        if (sign := _SIGNS.search(part))
    ]
    return any(meaning(each) in NOES and speaks_of_messages(each) for each in told)


def _pairs(line: str) -> Iterator[tuple[str, str] | None]:
    for part in _BETWEEN.split(line):
        if part.strip():
            value, *told = _SIGN.split(part)
            # `Legend: Y` before the first sign.
            yield (value.rpartition(":")[2].strip(), told[0].strip()) if len(told) == 1 else None


def _is_same(value: str, told: str) -> bool:
    is_no = opts_out(told) or wants_none(told) or answer(told) in NOES
    if not is_no:
        return True
    # What stands below zero is asked about in each row.
    return answer(value) in _REFUSALS or bool(_BELOW_ZERO.fullmatch(value))


class Pair(NamedTuple):
    """A value, what it means in words, and the words before the first value of its line."""

    code: str
    told: str
    label: str


def pairs(line: str, known: Collection[str]) -> list[Pair]:
    """The values of a line that are known, each with all that stands up to the next one."""
    line = line[:LONGEST]
    found: list[tuple[Sequence[str], int, int]] = []
    for count, sign in enumerate(_SIGNS.finditer(line)):
        if count == _MOST_PAIRS:
            break
        # Behind the sign before, so that no word is of two values.
        begin = max(sign.start() - _LONGEST_CODE, found[-1][2] if found else 0, 0)
        if named := _named(line, begin, sign.start(), known):
            found.append((*named, sign.end()))
    if not found:
        return []
    ends = [begin for _, begin, _ in found[1:]] + [len(line)]
    label = line[: found[0][1]].strip(_AROUND + ":")
    return [
        Pair(code, line[begin:end].strip(_AROUND), label)
        for (codes, _, begin), end in zip(found, ends, strict=True)
        for code in codes
    ]


def _named(line: str, begin: int, end: int, known: Collection[str]) -> tuple[Sequence[str], int] | None:
    """The values just before a sign, `1`, `light green`, `2/3`, and where they begin."""
    text = line[begin:end].rstrip()
    starts = [0] if begin == 0 or not line[begin - 1].isalnum() else []
    starts += [place + 1 for place, each in enumerate(text) if not each.isalnum() and each not in "-/&+"]
    for start in starts[-_CODE_WORDS - 1 :]:
        codes = [code for part in _SEVERAL.split(text[start:]) if (code := _code(part)) is not None]
        if codes and all(code in known for code in codes):
            return codes, begin + start
    return None


def _code(part: str) -> str | None:
    part = part.strip(" \t\"'()[]{}.•·,;|")
    if not part:
        return None
    return "" if code_of(part) in VALUES["blank"] else code_of(part)


def read_legend(
    found: Sequence[Pair], *, is_of_a_wish: bool, is_opt_out: bool
) -> Mapping[str, Answer] | None:
    """What each value says of a wish; None where the legend is about something else.

    `is_of_a_wish`: the title of the column is; `is_opt_out`: a yes in it opts out.
    Raises `ValueError` where a value has two meanings.
    """
    if not (is_of_a_wish or any(speaks_of_messages(each.told) for each in found)):
        return None
    said: dict[str, Answer] = {}
    matters = {each.code for each in found if speaks_of_messages(each.told)}
    for each in found:
        now = meaning(each.told)
        if is_opt_out and each.code not in matters:
            now = {Answer.YES: Answer.OPTED_OUT, Answer.NO: Answer.NOTHING}.get(now, now)
        if not each.code and now is Answer.OPTED_OUT:
            # Nobody with an empty cell has asked for anything.
            now = Answer.NO
        if said.setdefault(each.code, now) is not now:
            raise ValueError(each.code)
    if set(said.values()).isdisjoint((Answer.YES, *_REFUSALS)):
        return None
    if Answer.YES not in said.values() and not is_of_a_wish:
        # `G = gold, X = do not contact`: the others are of another kind.
        for code in said.keys() - matters:
            said[code] = Answer.NOTHING if said[code] is Answer.NOT_UNDERSTOOD else said[code]
    return said
