"""The tables of `vocabulary.toml` in the normal form of replies, which `tables.json` keeps.

To bring twenty thousand phrases into their normal form takes half a second, in which a process would do
nothing else. So `infra.vocabulary` does it once, after a change of the vocabulary, and `make check` proves it
current.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.consent import entries
from services.consent.entries import Phrase
from services.consent.roles import Role

SOURCE = Path(__file__).with_name("vocabulary.toml")
FILE = Path(__file__).with_name("tables.json")
_COMMON = "common"


@dataclass(frozen=True, slots=True)
class Table:
    """What one language has of its own, in the order of roles."""

    phrases: Sequence[tuple[Phrase, Role]]
    stems: Sequence[tuple[str, Role]]
    prefixes: frozenset[str]
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """Phrases and lists of all languages, and the languages by their tags."""

    common: Sequence[tuple[Phrase, Role]]
    lists: Mapping[str, frozenset[str]]
    languages: Mapping[str, Table]


def parsed(text: str) -> Tables:
    """The tables of a vocabulary that people write."""
    found = tomllib.loads(text)
    shared = found.pop(_COMMON)
    roles = {role.value for role in Role}
    return Tables(
        [*entries.phrases(shared, is_marked=False)],
        {key: entries.words(value) for key, value in shared.items() if key not in roles},
        {name: _table(table) for name, table in found.items()},
    )


def _table(table: Mapping[str, Any]) -> Table:
    is_marked = bool(table.get("marked"))
    return Table(
        [*entries.phrases(table, is_marked=is_marked)],
        [*entries.stems(table)],
        entries.words(table.get("prefix", "")),
        is_marked,
    )


def packed(tables: Tables) -> str:
    """A line a language, the shared one first; the same text for the same tables."""
    shared = {
        "phrases": _by_role(tables.common),
        "lists": {key: sorted(value) for key, value in tables.lists.items()},
    }
    lines = [("", shared)]
    for name, table in tables.languages.items():
        stems = [[stem, role.value] for stem, role in table.stems]
        values = {
            "phrases": _by_role(table.phrases),
            "stems": stems,
            "prefixes": sorted(table.prefixes),
            "marked": table.is_marked,
        }
        lines.append((name, values))
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def load() -> Tables:
    """The tables of the product."""
    (_, shared), *languages = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return Tables(
        _phrases(shared["phrases"]),
        {key: frozenset(value) for key, value in shared["lists"].items()},
        {
            name: Table(
                _phrases(table["phrases"]),
                [(stem, Role(role)) for stem, role in table["stems"]],
                frozenset(table["prefixes"]),
                table["marked"],
            )
            for name, table in languages
        },
    )


def _by_role(phrases: Sequence[tuple[Phrase, Role]]) -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {}
    for phrase, role in phrases:
        found.setdefault(role.value, []).append(phrase)
    return found


def _phrases(by_role: Mapping[str, Sequence[Sequence[str]]]) -> list[tuple[Phrase, Role]]:
    roles = ((Role(name), phrases) for name, phrases in by_role.items())
    return [(tuple(phrase), role) for role, phrases in roles for phrase in phrases]
