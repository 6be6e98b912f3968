"""Attacked: the time of every regular expression of the product, by strings that are hard for it.

Each pattern has a line here that says how it is used and on how much text; a new one without a line fails.
"""

import itertools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from gateway.imports.cells import dates, phone
from gateway.imports.columns import attribute_key, header_row, synonyms
from gateway.imports.wishes import nested
from gateway.phones import countries
from services.content import names, placeholders
from tests.support.compiled_patterns import calls, constants, modules, strings
from tests.support.linear import assert_linear
from tests.support.processor import assert_quick, taken_s


class Use(NamedTuple):
    """`how` it is asked. `most`: the characters that it ever sees; None where nothing bounds them."""

    how: Callable[[re.Pattern[Any], Any], object]
    most: int | None = None


def everywhere(pattern: re.Pattern[Any], text: Any) -> object:
    """`sub`, `split`, `findall` and `finditer` go on behind a match."""
    return sum(1 for _ in pattern.finditer(text))


MATCH, WHOLE, SEARCH = Use(re.Pattern.match), Use(re.Pattern.fullmatch), Use(re.Pattern.search)
EVERYWHERE = Use(everywhere)
# What operators and developers write for themselves: options of a command, files of the product.
OWN = None

_DATE = Use(re.Pattern.fullmatch, dates._LONGEST)
_PHONE = Use(re.Pattern.fullmatch, phone._LONGEST)
_TITLE = synonyms._LONGEST
_COUNTRY = Use(everywhere, countries._LONGEST)

USES: dict[str, Use | None] = {
    "gateway.auth.key._FORM": WHOLE,
    "gateway.campaigns.filter.fields._DEVICE": WHOLE,
    "gateway.campaigns.filter.fields._KEY": WHOLE,
    "gateway.campaigns.filter.fields._NUMBER": WHOLE,
    "gateway.campaigns.filter.words._ESCAPE": EVERYWHERE,
    "gateway.campaigns.filter.words._WORD": MATCH,
    "gateway.checking.check_name()": WHOLE,
    "gateway.cli.account.options._HOURS": OWN,
    "gateway.cli.account.options._LANGUAGE": OWN,
    "gateway.cli.admin.options._SLUG": OWN,
    "gateway.cli.devices.options._WARM_UP": OWN,
    "gateway.cli.durations._PART": OWN,
    "gateway.cli.names._FORMS": OWN,
    "gateway.cli.names._NUMBER": OWN,
    "gateway.cli.sequences.serialize._ODD": EVERYWHERE,
    "gateway.cli.terminal._UNSAFE": EVERYWHERE,
    "gateway.cli.yaml.reader._BREAK": EVERYWHERE,
    "gateway.cli.yaml.reader._IN_TEXT": SEARCH,
    "gateway.devices.proxy._LABEL": WHOLE,
    "gateway.imports.cells.dates._CHINESE": _DATE,
    "gateway.imports.cells.dates._CLOCK": _DATE,
    "gateway.imports.cells.dates._COMPACT": _DATE,
    "gateway.imports.cells.dates._DAY_FIRST": _DATE,
    "gateway.imports.cells.dates._DAY_MONTH": _DATE,
    "gateway.imports.cells.dates._MONTH_DAY": _DATE,
    "gateway.imports.cells.dates._OFFSET": Use(re.Pattern.search, dates._LONGEST),
    "gateway.imports.cells.dates._SERIAL": _DATE,
    "gateway.imports.cells.dates._UNIX": _DATE,
    "gateway.imports.cells.dates._WEEKDAY": Use(everywhere, dates._LONGEST),
    "gateway.imports.cells.dates._YEAR_FIRST": _DATE,
    "gateway.imports.cells.phone._ADDRESS": _PHONE,
    "gateway.imports.cells.phone._APART": Use(everywhere, phone._LONGEST),
    "gateway.imports.cells.phone._BEGUN": Use(re.Pattern.match, phone._LONGEST),
    "gateway.imports.cells.phone._DECIMAL": _PHONE,
    "gateway.imports.cells.phone._EXTENSION": Use(re.Pattern.search, phone._LONGEST),
    "gateway.imports.cells.phone._LINK": _PHONE,
    "gateway.imports.cells.phone._OF_LINKS": Use(everywhere, phone._LONGEST),
    "gateway.imports.cells.phone._PLAIN": _PHONE,
    "gateway.imports.cells.phone._SCIENTIFIC": _PHONE,
    "gateway.imports.cells.phone._SIMPLE": _PHONE,
    "gateway.imports.cells.phone._THOUSANDS": _PHONE,
    "gateway.imports.cells.phone._TWO": _PHONE,
    "gateway.imports.cells.text._LANGUAGE": WHOLE,
    "gateway.imports.cells.text._MARKED": MATCH,
    "gateway.imports.cells.text._NOT_STORABLE": EVERYWHERE,
    "gateway.imports.columns.attribute_key.attribute_key()": Use(everywhere, attribute_key._LONGEST),
    "gateway.imports.columns.header_row._DATE": Use(re.Pattern.match, header_row._LONGEST_PHONE),
    "gateway.imports.columns.header_row._PHONE_CELL": Use(re.Pattern.fullmatch, header_row._LONGEST_PHONE),
    "gateway.imports.columns.synonyms._BRACKETED": Use(everywhere, _TITLE),
    "gateway.imports.columns.synonyms._PARTS": Use(re.Pattern.search, _TITLE),
    "gateway.imports.columns.synonyms._cores()": Use(everywhere, _TITLE),
    "gateway.imports.columns.synonyms.asks_for_number()": Use(everywhere, _TITLE),
    "gateway.imports.columns.synonyms.sounds_like_phone()": Use(everywhere, _TITLE),
    "gateway.imports.reading.alphabets._BRAND": EVERYWHERE,
    "gateway.imports.reading.alphabets._SCRIPTS": WHOLE,
    "gateway.imports.reading.alphabets._SCRIPTS[1]": WHOLE,
    "gateway.imports.reading.alphabets._SCRIPTS[2]": WHOLE,
    "gateway.imports.reading.alphabets._THAI": WHOLE,
    "gateway.imports.reading.alphabets._THAI_BEGINS": MATCH,
    "gateway.imports.reading.alphabets._TOKEN": EVERYWHERE,
    "gateway.imports.reading.candidates._SPELLED": EVERYWHERE,
    "gateway.imports.reading.delimiter._HINT": MATCH,
    "gateway.imports.reading.encoding._HIGH": SEARCH,
    "gateway.imports.reading.file_kinds._CHAT": MATCH,
    "gateway.imports.reading.file_kinds._JSON": MATCH,
    "gateway.imports.reading.file_kinds._ZIPPED": SEARCH,
    "gateway.imports.reading.file_kinds._ZIPPED[1]": SEARCH,
    "gateway.imports.reading.file_kinds._ZIPPED[2]": SEARCH,
    "gateway.imports.reading.file_kinds._ZIPPED[3]": SEARCH,
    "gateway.imports.reading.file_kinds._ZIPPED[4]": SEARCH,
    "gateway.imports.reading.guess._CELL": EVERYWHERE,
    "gateway.imports.reading.guess._LINE": EVERYWHERE,
    "gateway.imports.reading.guess._WORD": EVERYWHERE,
    "gateway.imports.reading.guess.samples()": EVERYWHERE,
    "gateway.imports.reading.headings._NUMBER": SEARCH,
    "gateway.imports.reading.origin._CELLS": EVERYWHERE,
    "gateway.imports.reading.origin._INTERNATIONAL": EVERYWHERE,
    "gateway.imports.reading.origin._LOCAL": SEARCH,
    "gateway.imports.reading.records._BROKEN": SEARCH,
    "gateway.imports.cells.names._FAMILY_FIRST": WHOLE,
    "gateway.imports.cells.names._SPACED": SEARCH,
    "gateway.imports.refused_file._EXCEL_READS": MATCH,
    "gateway.phones.countries._APART": _COUNTRY,
    "gateway.phones.countries._ARTICLE": _COUNTRY,
    "gateway.phones.countries._CODE": _COUNTRY,
    "gateway.phones.countries._FLAG": _COUNTRY,
    "gateway.phones.countries._INVERTED": _COUNTRY,
    "gateway.phones.countries._LETTERS": Use(re.Pattern.fullmatch, countries._LONGEST),
    "gateway.phones.countries._NORTH_AMERICA": WHOLE,
    "gateway.phones.countries._ZERO": _COUNTRY,
    "gateway.phones.countries._forms()": OWN,
    "gateway.phones.notation._SEPARATORS": WHOLE,
    "gateway.phones.plan.__init__()": OWN,
    "gateway.phones.plan._NOTHING": OWN,
    "gateway.phones.plan._is_format_of()": OWN,
    "gateway.phones.plan._pattern()": OWN,
    "gateway.phones.writing._BEFORE": MATCH,
    "gateway.phones.writing._ZERO": EVERYWHERE,
    "gateway.wording.check._BRACE": SEARCH,
    "gateway.cli.leads.imports.suppress._LEAD": OWN,
    "gateway.imports.wishes.answer._BEGINNINGS": SEARCH,
    "gateway.imports.wishes.answer._BEGUN": MATCH,
    "gateway.imports.wishes.answer._DATE": MATCH,
    "gateway.imports.wishes.answer._DAY": MATCH,
    "gateway.imports.wishes.answer._DOUBTED": WHOLE,
    "gateway.imports.wishes.answer._NO_DATE": WHOLE,
    "gateway.imports.wishes.answer._PHRASES": SEARCH,
    "gateway.imports.wishes.answer._TAGS": EVERYWHERE,
    "gateway.imports.wishes.answer._answer()": WHOLE,
    "gateway.imports.wishes.asides._SUM": SEARCH,
    "gateway.imports.wishes.channel_list._BETWEEN": EVERYWHERE,
    "gateway.imports.wishes.english_notes._WORD": EVERYWHERE,
    "gateway.imports.wishes.fold._CAMEL": EVERYWHERE,
    "gateway.imports.wishes.fold._ONE_WORD": EVERYWHERE,
    **{f"gateway.imports.wishes.fold._ONE_WORD[{n}]": EVERYWHERE for n in range(1, 28)},
    "gateway.imports.wishes.code._NUMBER": WHOLE,
    "gateway.imports.wishes.concession._CLAUSES": EVERYWHERE,
    "gateway.imports.cells.strokes._MARKED": WHOLE,
    "gateway.imports.cells.strokes._SIGNS": SEARCH,
    "gateway.imports.cells.strokes._STROKES": EVERYWHERE,
    "gateway.imports.wishes.told._CLAUSES": EVERYWHERE,
    "gateway.imports.wishes.legend._SEVERAL": EVERYWHERE,
    "gateway.imports.wishes.legend._SIGNS": EVERYWHERE,
    "gateway.imports.wishes.legend._BELOW_ZERO": WHOLE,
    "gateway.imports.wishes.legend._BETWEEN": EVERYWHERE,
    "gateway.imports.wishes.legend._SIGN": EVERYWHERE,
    "gateway.imports.wishes.nested._BETWEEN": EVERYWHERE,
    "gateway.imports.wishes.nested._NAME": WHOLE,
    "gateway.imports.wishes.nested._OF_PHP": MATCH,
    "gateway.imports.wishes.nested._PAIRS": EVERYWHERE,
    "gateway.imports.wishes.nested._PHP": Use(everywhere, nested._LONGEST),
    "gateway.imports.wishes.nested._VALUE": WHOLE,
    "gateway.imports.wishes.notes._WORD": EVERYWHERE,
    "gateway.imports.wishes.samples._OF_A_PERSON": SEARCH,
    "gateway.imports.wishes.meaning._STOP_WORD": SEARCH,
    "gateway.imports.wishes.title._EITHER": EVERYWHERE,
    "gateway.imports.wishes.title._NUMBER": MATCH,
    "gateway.zones.misleading._COPY": WHOLE,
    "gateway.zones.misleading._REVERSED": WHOLE,
    "services.consent.normal._MASKED": EVERYWHERE,
    "services.consent.promise._PROMISE": EVERYWHERE,
    "services.consent.promise._SENTENCE": EVERYWHERE,
    "services.content.characters.char_class()": OWN,
    "services.consent.number_forms._rule()": OWN,
    "gateway.wording.foreign._NAMED": EVERYWHERE,
    "gateway.wording.foreign._SIGNED": EVERYWHERE,
    "gateway.wording.foreign._SQUEEZED": EVERYWHERE,
    "services.content.characters._LETTER": SEARCH,
    "services.content.characters._MARK": MATCH,
    "services.content.characters._PICTOGRAPH": MATCH,
    "services.consent.words._COMMON_UNSEEN": EVERYWHERE,
    "services.consent.words._SPACES": EVERYWHERE,
    "services.content.graphemes._cluster()": Use(everywhere, names.LIMIT + 1),
    "services.content.hygiene._FLAG": EVERYWHERE,
    "services.content.hygiene._SUSPECT": SEARCH,
    "services.content.letter_case._CASED": EVERYWHERE,
    "services.content.letter_case._PARTS": EVERYWHERE,
    "services.content.letter_case._STABLE": WHOLE,
    "services.content.lookalikes._FORMS": MATCH,
    "services.content.lookalikes._WORD": EVERYWHERE,
    "services.content.mojibake._MISREAD": MATCH,
    # Of the encodings of the product.
    "services.content.mojibake._beginning()": OWN,
    "services.content.names._BRACKETED": EVERYWHERE,
    "services.content.names._DRESSED": SEARCH,
    "services.content.names._INITIALS": Use(re.Pattern.fullmatch, names.LIMIT),
    "services.content.names._PHONE": EVERYWHERE,
    "services.content.names._PICTURES": Use(everywhere, names.LIMIT),
    "services.content.names._PLAIN": Use(re.Pattern.fullmatch, names.LIMIT),
    "services.content.names._TELLING": SEARCH,
    "services.content.names._WHOLE": SEARCH,
    "services.content.placeholders._ENDED": Use(re.Pattern.search, placeholders._LONGEST),
    "services.content.placeholders._MARKED": Use(re.Pattern.match, placeholders._LONGEST),
    "services.content.placeholders._NUMBERED": Use(everywhere, placeholders._LONGEST),
    "services.content.parser._MARK": EVERYWHERE,
    "services.content.parser._SPECIAL": EVERYWHERE,
    "services.content.program._GAP": EVERYWHERE,
    "services.content.variables._VARIABLE": WHOLE,
    "services.content.variation._ADDRESS": SEARCH,
    "services.content.variation._CASED": MATCH,
    "services.content.variation._OPT_OUT_FIRST": MATCH,
    "services.content.variation._OPT_OUT_LAST": SEARCH,
    "services.content.weak._MARK": EVERYWHERE,
    "services.dispatch.receipts.reading._OURS": WHOLE,
    "services.runtime.discovery.client._HOST": WHOLE,
    "services.runtime.logs._VALUES": EVERYWHERE,
    "services.runtime.queries._HEADER": OWN,
    "services.runtime.telemetry._RATIO": OWN,
    "services.schema.files._NAME": OWN,
    "shardhost.people._NUMBER": MATCH,
}
_LENGTH = 3000
# So much text at once is quick for any pattern that goes through it once.
_QUICK_S = 0.002

_CONSTANTS = {name: pattern for module in modules() for name, pattern in constants(module)}


def test_every_pattern_of_the_product_is_known_here() -> None:
    found = {*_CONSTANTS, *(call for module in modules() for call in calls(module))}
    assert found == set(USES), "say how a new pattern is used, and take a line away whose pattern is gone"


def test_no_pattern_takes_more_than_linear_time() -> None:
    asked = {name: use for name, use in USES.items() if use is not None and name in _CONSTANTS}
    assert len(asked) > 50
    for name, use in asked.items():
        _attack(name, use, _CONSTANTS[name])


def _attack(name: str, use: Use, pattern: re.Pattern[Any]) -> None:
    worst = max(strings(pattern, use.most or _LENGTH), key=lambda text: _taken_s(use, pattern, text))
    if _taken_s(use, pattern, worst) > _QUICK_S:
        if use.most is None:
            assert_linear(lambda times: use.how(pattern, worst[:-1] * times + worst[-1:]), 1)
        else:
            assert_quick(lambda: use.how(pattern, worst), _QUICK_S, f"{name}, for {worst[:9]!r},")


@pytest.mark.parametrize(
    "pattern",
    [r"^=?\s*[\"'`]*|[\"'`]*$", r"[.!?…]+(?=\s|\Z)", r"[\])]+$", r"\s*\(tel\)$", r"[\s(]*[+]*[\d\s()]*x"],
)
def test_what_was_quadratic_here_is_seen(pattern: str) -> None:
    """Without this the test above could pass because its strings are easy."""
    compiled = re.compile(pattern)
    # What is worse than quadratic is seen on a short text, and would take a minute for a long one.
    texts = itertools.chain(strings(compiled, _LENGTH // 10), strings(compiled, _LENGTH))
    assert any(_taken_s(EVERYWHERE, compiled, text) > _QUICK_S for text in texts)


def _taken_s(use: Use, pattern: re.Pattern[Any], text: Any) -> float:
    return taken_s(lambda: use.how(pattern, text))
