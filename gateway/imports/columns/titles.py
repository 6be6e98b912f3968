"""The titles of columns by language, as `titles.toml` has them."""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

_TITLES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("titles.toml").read_text(encoding="utf-8")
)
# The whole name where it stands alone; beside a first name it is the last name, beside a last name the first.
EITHER = "either"
# The last one counts where a word is two of them: `名字` is a last name in Japan, a whole name in China.
NAMES = ("first_name", "middle_name", "last_name", "name")


def words(field: str) -> Iterator[str]:
    """What a field is called in every language; the whole name also by the words that may be a part of it."""
    for each in _TITLES.values():
        for name in (field, EITHER) if field == "name" else (field,):
            yield from filter(None, each.get(name, "").split("|"))


def _folded(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def _by_title(roles: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language, each in _TITLES.items():
        for role in roles:
            for title in filter(None, each.get(role, "").split("|")):
                found.setdefault(_folded(title), set()).add(language)
    return {title: frozenset(languages) for title, languages in found.items()}


_ALL = _by_title((*NAMES, EITHER, "phone"))
_EITHER = _by_title((EITHER,))


def languages(title: str) -> frozenset[str]:
    """The languages in which a column is titled so, in exactly these letters."""
    return _ALL.get(_folded(title), frozenset())


def languages_of_either(title: str) -> frozenset[str]:
    """The languages in which the title may be the whole name or a part of it."""
    return _EITHER.get(_folded(title), frozenset())
