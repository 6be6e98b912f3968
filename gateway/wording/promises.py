"""Pure: refuses a text that promises a word ("reply NOMAS to opt out") that would stop nobody."""

from collections.abc import Collection, Iterator, Mapping

from services.consent.promise import Readings, TooManyPromises, unheard
from services.runtime.errors import InvalidArgument, Violation


def refuse_promises(texts: Mapping[str, str], own_words: Collection[str], *, is_footer: bool = False) -> None:
    """Raises `InvalidArgument`; `texts` by their fields, `own_words` are the stop words of the account.

    A hundred texts of promises take half a second: not on the loop that serves everybody.
    """
    readings = Readings(own_words)
    found = [
        violation
        for field, text in texts.items()
        for violation in _violations(field, text, readings, is_footer=is_footer)
    ]
    if found:
        raise InvalidArgument(found)


def _violations(field: str, text: str, readings: Readings, *, is_footer: bool) -> Iterator[Violation]:
    try:
        for word in dict.fromkeys(unheard(text, readings, is_footer=is_footer)):
            why = (
                f"promises that {word!r} stops messages, but that is no stop word; write STOP instead, or add"
                " it: account.stop_words"
            )
            yield Violation(field, why)
    except TooManyPromises:
        why = (
            "asks for answers in so many different words that not all can be checked; ask for fewer of them,"
            " or save some of the steps later"
        )
        yield Violation(field, why)
