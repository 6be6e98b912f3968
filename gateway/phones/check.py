"""Pure: what is wrong with the numbers of a batch, and with a country whose notation they are in."""

from collections.abc import Callable, Iterator

from gateway.phones.notation import Notation, PhoneError
from services.runtime.errors import Violation


def check_each(collection: str, given: list[str], read: Callable[[str], str]) -> Iterator[Violation]:
    """Checks that `phone` of each element of `collection` is a number that no other element has.

    `read`: the form of a number by which two are compared; it raises `PhoneError`.
    """
    first: dict[str, int] = {}
    for index, phone in enumerate(given):
        path = f"{collection}[{index}].phone"
        try:
            earlier = first.setdefault(read(phone), index)
        except PhoneError as error:
            yield Violation(path, str(error))
            continue
        if earlier != index:
            yield Violation(
                path, f"is the same number as {collection}[{earlier}].phone; send each number once in a batch"
            )


def check_country(field: str, country: str) -> Iterator[Violation]:
    """For two letters of ISO 3166, or none: a country that has phone numbers."""
    try:
        Notation(country)
    except ValueError:
        yield Violation(field, "is no country with phone numbers; use its two capital letters, such as MY")
