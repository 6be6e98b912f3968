"""Which columns of a file say whether people want to be written to, and how: by title and by cells.

A column that is about that and whose cells are not understood stops the import: nobody guesses what a person
said. The caller answers for it (`question.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gateway.imports.wishes.answer import Answer, answer, is_bare
from gateway.imports.wishes.cells import DECIDED, Cells
from gateway.imports.wishes.choice import choice_of
from gateway.imports.wishes.fold import squeezed
from gateway.imports.wishes.harmless import is_harmless
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.title import Title
from gateway.imports.wishes.vocabulary import VALUES

_TICK = "v"
_NATIVE = (("t", "f"), ("tak", "nie"), ("o", "n"), ("o", "non"), ("v", "x"), ("e", "h"), ("k", "e"))
# `H` and `Y`: yes and no in Azerbaijan (hə, yox) and Uzbekistan (ha, yo'q), no and yes elsewhere.
_EITHER_WAY = {"h", "y"}


class NotUnderstood(Exception):
    """The column is about a permission, and nobody can tell what it says."""


class Recognized(NamedTuple):
    """`unclear`: the columns that are about a permission and that nobody understands."""

    wishes: list[Wish]
    unclear: list[int]


def recognized(
    headers: Sequence[str], columns: Sequence[int], sample: Sequence[Sequence[str]], given: Mapping[int, str]
) -> Recognized:
    """The wishes of the columns that are no other field."""
    found = [
        _given(index, field, sample) for index, field in given.items() if field in ("consent", "opt_out")
    ]
    unclear = []
    for index in columns:
        header = headers[index] if index < len(headers) else ""
        title, has_title = Title.of(header), bool(header.strip())
        cells = Cells(sample, index)
        if cells.are_nested:
            found.append(Wish(index, Meaning.MENTIONS))
            continue
        if has_title and title.is_about_nothing:
            continue
        if wish := choice_of(index, headers, cells):
            found.append(wish)
            continue
        if set(map(squeezed, cells.different)) == _EITHER_WAY:
            unclear += [] if is_harmless(header) else [index]
            continue
        try:
            wish = wish_of(index, title, cells, has_title=has_title)
        except NotUnderstood:
            # `Assistance allowed`: every word is known, and one is about something else.
            unclear += [] if is_harmless(header) else [index]
            continue
        if wish:
            found.append(_ticked(wish, cells))
    return Recognized(sorted(found, key=lambda wish: wish.index), unclear)


def _given(index: int, field: str, sample: Sequence[Sequence[str]]) -> Wish:
    cells = Cells(sample, index)
    if field == "consent":
        meaning = Meaning.CHANNELS if cells.are_channels else Meaning.CONSENT
    elif cells.are_channels:
        meaning = Meaning.OPT_OUT_CHANNELS
    else:
        meaning = Meaning.OPT_OUT_TIME if cells.are_times else Meaning.OPT_OUT
    about = "consent" if field == "consent" else "opt out"
    return _ticked(Wish(index, meaning, is_strict=True, about=about), cells)


def _ticked(wish: Wish, cells: Cells) -> Wish:
    """A column of yes and of empty cells, and no no, has boxes to tick."""
    is_box = wish.is_strict and wish.meaning in (Meaning.CONSENT, Meaning.CHANNELS) and not cells.refuse
    is_ticked = is_box or (wish.is_strict and wish.meaning is Meaning.CHANNELS)
    native_yes = _native_yes(cells)
    # Beside a `v` an `x` is a cross, not a tick.
    has_cross = native_yes != _TICK and any(squeezed(each) == "x" for each in cells.different)
    return replace(wish, is_ticked=is_ticked, native_yes=native_yes, has_cross=has_cross)


def _native_yes(cells: Cells) -> str:
    """A word that is a yes beside the no of its language: `tak` is one in Poland, and a no in Malaysia."""
    said = set(map(squeezed, cells.different))
    return next((yes for yes, no in _NATIVE if {yes, no} <= said), "")


def wish_of(index: int, title: Title, cells: Cells, *, has_title: bool) -> Wish | None:
    """What a column is by its title and cells; none where it says nothing. Raises `NotUnderstood`."""
    has = title.has
    if settled := _settled(index, title, cells):
        return settled
    if title.is_doubtful and cells.have_answers:
        raise NotUnderstood
    is_beside = "beside" in has and not cells.are_answers and not cells.are_channels
    # `May we text you?`
    is_asked_of = title.is_question and cells.have_answers
    if is_beside and not is_asked_of and has & {"agree", "out", "perhaps", "contact"}:
        return None
    if title.is_negated and ("out" in has or has & {"agree", "perhaps", "contact"} or title.channel):
        return _opting_out(index, title, cells)
    if "agree" in has or "out" in has:
        return _agreeing(index, title, cells)
    return _weak(index, title, cells, has_title=has_title)


def _settled(index: int, title: Title, cells: Cells) -> Wish | None:
    """Of titles that leave no more to ask: another channel, both ways at once, a person who died."""
    has = title.has
    is_asked = bool(has & {"agree", "perhaps", "out", "status"} or title.is_negated)
    if title.channel == "other" and (is_asked or cells.are_answers):
        return Wish(index, Meaning.OTHER_CHANNEL)
    if title.is_both:
        return _of_both(index, title, cells)
    if "gone" in has and (cells.are_answers or cells.are_times):
        # `Deceased`, `Date of death`: whoever has the number now has agreed to nothing.
        meaning = Meaning.OPT_OUT if cells.are_answers else Meaning.OPT_OUT_TIME
        return _strict(Wish(index, meaning, is_strict=True, channel=title.channel), cells)
    return None


def _of_both(index: int, title: Title, cells: Cells) -> Wish:
    """`Opt-in/Opt-out`: a yes may be either."""
    if any(is_bare(each) and squeezed(each) not in VALUES["state_in"] for each in cells.different):
        raise NotUnderstood
    return _strict(Wish(index, Meaning.STATUS, is_strict=True, channel=title.channel), cells)


def _opting_out(index: int, title: Title, cells: Cells) -> Wish | None:
    if "out" in title.has and title.has & {"time", "circumstance"} and not cells.are_bare:
        return Wish(index, Meaning.OPT_OUT_TIME, is_strict=True, channel=title.channel)
    if cells.are_channels:
        return Wish(index, Meaning.OPT_OUT_CHANNELS, is_strict=True, channel=title.channel)
    if cells.are_times:
        return Wish(index, Meaning.OPT_OUT_TIME, is_strict=True, channel=title.channel)
    wish = Wish(index, Meaning.OPT_OUT, is_strict=True, channel=title.channel)
    if _is_understood(wish, cells):
        return wish
    if "out" in title.has or "agree" in title.has:
        raise NotUnderstood
    return Wish(index, Meaning.MENTIONS)


def _agreeing(index: int, title: Title, cells: Cells) -> Wish | None:
    has = title.has
    if "status" in has:
        return _strict(Wish(index, Meaning.STATUS, is_strict=True, channel=title.channel), cells)
    if (cells.are_times or "time" in has) and not cells.are_answers:
        if title.has_unknown and cells.have_gaps:
            # `Consent foo date`: perhaps that it was taken back.
            raise NotUnderstood
        return Wish(index, Meaning.OPT_IN_TIME, channel=title.channel)
    if cells.are_channels:
        # `Permission type: message` says what a permission is for that another column gives or not.
        return Wish(index, Meaning.CHANNELS, is_strict="circumstance" not in has)
    if has & {"circumstance"} and not cells.are_answers:
        return None
    if "privacy" in has and not title.channel and not has & {"contact", "subscription"}:
        # Who agrees to the handling of data has asked for no message; a no to it is one.
        return Wish(index, Meaning.MENTIONS)
    return _strict(Wish(index, Meaning.CONSENT, is_strict=True, channel=title.channel), cells)


def _strict(wish: Wish, cells: Cells) -> Wish:
    if not _is_understood(wish, cells) or (wish.meaning is Meaning.CONSENT and _has_two_crosses(cells)):
        raise NotUnderstood
    return wish


def _is_understood(wish: Wish, cells: Cells) -> bool:
    native = replace(wish, native_yes=_native_yes(cells))
    unknown = sum(native.read(each) is Answer.NOT_UNDERSTOOD for each in cells.different)
    return 2 * unknown <= len(cells.different)


def _has_two_crosses(cells: Cells) -> bool:
    """An `x` beside a word for yes may be a tick, or a no."""
    words = {squeezed(each) for each in cells.different if answer(each) in DECIDED}
    return "x" in words and words not in ({"x"}, {"x", _TICK})


def _weak(index: int, title: Title, cells: Cells, *, has_title: bool) -> Wish | None:
    """Of a title that may be about something else: what its cells are decides."""
    has = title.has
    if found := _state(index, title, cells):
        return found
    if cells.are_channels and has & {"channel", "contact", "perhaps"}:
        return Wish(index, Meaning.CHANNELS, is_strict="channel" not in has)
    if "contact" in has or title.channel in ("whatsapp", "phone"):
        if "perhaps" in has and cells.are_times:
            # `OK to message (date)`.
            return Wish(index, Meaning.CONSENT, is_strict=True, channel=title.channel)
        consent = Wish(index, Meaning.CONSENT, is_strict=True, channel=title.channel)
        if cells.are_answers or cells.are_mostly_answers:
            return _strict(consent, cells)
        if cells.are_letters and not _native_yes(cells):
            # Of a language whose words for yes and no begin with them, and nobody knows which.
            raise NotUnderstood
        # A question that some have answered by yes or no is one.
        is_asked = title.is_question and cells.have_answers
        return _strict(consent, cells) if is_asked else Wish(index, Meaning.MENTIONS)
    # `Is there anything else you want to tell us?`
    is_told = "perhaps" in has and cells.are_prose
    is_doubtful = "perhaps" in has or title.is_negated or title.is_question or not has_title
    if (
        is_doubtful
        and not is_told
        and (cells.are_answers or ("perhaps" in has and title.is_question and cells.have_answers))
    ):
        raise NotUnderstood
    return Wish(index, Meaning.MENTIONS) if has & {"tags", "channel", "perhaps", "circumstance"} else None


def _has_ended(title: Title, cells: Cells) -> bool:
    """Whether some have a reason or a time at which something ended: a subscription, or an order."""
    has = title.has
    if "business" in has or not has & {"perhaps_out", "cancelled", "ended"} or not cells.different:
        return False
    return cells.are_times or ("circumstance" in has and "ended" not in has)


def _state(index: int, title: Title, cells: Cells) -> Wish | None:
    """A subscription, something that ended, a status."""
    has = title.has
    strict = Wish(index, Meaning.STATUS, is_strict=True, channel=title.channel)
    if "subscription" in has and "circumstance" in has and not cells.are_answers:
        # `Subscription type`: which messages it is about.
        return Wish(index, Meaning.MENTIONS)
    if "subscription" in has and (cells.are_answers or cells.refuse):
        is_status = "status" in has and _is_understood(strict, cells)
        return strict if is_status else _strict(replace(strict, meaning=Meaning.CONSENT), cells)
    if "perhaps_out" in has and (cells.are_bare or (cells.are_times and "time" in has)):
        return replace(strict, meaning=Meaning.OPT_OUT if cells.are_bare else Meaning.OPT_OUT_TIME)
    if _has_ended(title, cells):
        raise NotUnderstood
    if "status" not in has:
        return None
    return Wish(index, Meaning.MENTIONS) if "business" in has else replace(strict, is_strict=False)
