"""Pure: refuses a text that promises a word ("reply NOMAS to opt out") that would stop nobody."""

from collections.abc import Collection, Iterator, Mapping

from services.consent.promise import unheard
from services.runtime.errors import InvalidArgument, Violation


def refuse_promises(texts: Mapping[str, str], own_words: Collection[str], *, is_footer: bool = False) -> None:
    """Raises `InvalidArgument`; `texts` by their fields, `own_words` are the stop words of the account."""
    found = [
        violation
        for field, text in texts.items()
        for violation in _violations(field, unheard(text, own_words, is_footer=is_footer))
    ]
    if found:
        raise InvalidArgument(found)


def _violations(field: str, promised: Iterator[str]) -> Iterator[Violation]:
    for word in dict.fromkeys(promised):
        why = (
            f"promises that {word!r} stops messages, but that is no stop word; write STOP instead, or add it:"
            " account.stop_words"
        )
        yield Violation(field, why)
