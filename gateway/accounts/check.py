"""Pure: what is wrong with an account as a caller wrote it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.phones import Notation
from gateway.wording.check import check_literal, check_wording
from kompang.v1 import accounts_pb2 as pb
from services.consent.words import clash, folded
from services.runtime.errors import Violation

# What update_mask may name, and what is taken when it is empty.
FIELDS = (
    "display_name",
    "timezone",
    "language",
    "country",
    "wording",
    "quiet_hours",
    "frequency_cap",
    "stop_words",
    "start_words",
    "stop_confirmation",
)

# As in GetAccount; here the proto cannot say it, since responses have the name without the hyphen.
_NAME = re.compile(r"accounts/(-|[a-z][a-z0-9-]{0,62})")


def check_update(request: pb.UpdateAccountRequest) -> list[Violation]:
    """The rules that code knows for UpdateAccount."""
    found = list(_check_mask(request.update_mask.paths))
    if not _NAME.fullmatch(request.account.name):
        found.append(Violation("account.name", "does not name an account; use accounts/- for your own"))
    quiet = request.account.quiet_hours
    if quiet.start and quiet.start == quiet.end:
        text = "is the same as start; leave quiet_hours out for none, or pause what should not be sent"
        found.append(Violation("account.quiet_hours.end", text))
    found += _check_words("account.stop_words", request.account.stop_words)
    found += _check_words("account.start_words", request.account.start_words)
    found += check_literal("account.stop_confirmation", request.account.stop_confirmation)
    found += _check_country(request.account.country)
    return found + list(check_wording("account.wording", request.account.wording))


def check_clash(stop_words: tuple[str, ...], start_words: tuple[str, ...]) -> list[Violation]:
    """Folded words of an account as it would become: none may mean two things."""
    word = clash(stop_words, start_words)
    if word is None:
        return []
    field = "account.stop_words" if word in stop_words else "account.start_words"
    text = f"has {word!r}, which means the opposite as well; take it out of one of the two lists"
    return [Violation(field, text)]


def masked(request: pb.UpdateAccountRequest) -> frozenset[str]:
    """The fields an update is to change: those of the mask, or those that are set without one."""
    paths = request.update_mask.paths
    if "*" in paths:
        return frozenset(FIELDS)
    return frozenset(
        paths or (field.name for field, _ in request.account.ListFields() if field.name in FIELDS)
    )


def _check_country(country: str) -> Iterator[Violation]:
    try:
        Notation(country)
    except ValueError:
        text = "is no country with phone numbers; use its two capital letters, such as MY"
        yield Violation("account.country", text)


def _check_words(field: str, words: Sequence[str]) -> Iterator[Violation]:
    for index, word in enumerate(words):
        if not folded(word):
            text = (
                "is no word: nothing of it counts, or it is longer than 64 characters; use letters or digits"
            )
            yield Violation(f"{field}[{index}]", text)


def _check_mask(paths: Any) -> Iterator[Violation]:
    unknown = [path for path in paths if path not in (*FIELDS, "*")]
    if unknown:
        text = f"names what cannot be changed ({', '.join(unknown[:5])}); use {', '.join(FIELDS)} or *"
        yield Violation("update_mask", text)
    if "*" in paths and len(paths) > 1:
        yield Violation("update_mask", "names fields beside *; use either")
