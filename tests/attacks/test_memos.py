"""Attacked: the memory of what is kept between calls, with long texts that a memo would keep.

Every `lru_cache` and `cache` of the product has a line here; a new one without a line fails.
"""

import ast
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.imports.columns import synonyms
from gateway.imports.wishes import answer, fold, harmless, inside, nested, notes, title, vocabulary
from gateway.phones import countries, notation, plan
from tests.support.compiled_patterns import modules

_LONG = 20_000
# As many characters are kept of a title at most, and as many texts of strangers by one memo.
_TITLE = 400
_MOST_KEPT = 1 << 14

# What a stranger's text reaches: the memo, and the way to it. What a memo keeps must be short.
REACHED: dict[str, tuple[Any, Callable[[str], object]]] = {
    "gateway.imports.columns.synonyms._field": (synonyms._field, synonyms.field),
    "gateway.imports.columns.synonyms._phone_rank": (synonyms._phone_rank, synonyms.phone_rank),
    "gateway.imports.wishes.answer._answer": (answer._answer, answer.answer),
    "gateway.imports.wishes.fold._fold": (fold._fold, fold.fold),
    "gateway.imports.wishes.fold._squeezed": (fold._squeezed, fold.squeezed),
    "gateway.imports.wishes.nested._leaves": (nested._leaves, nested.leaves),
    "gateway.imports.wishes.notes._lists": (notes._lists, lambda text: notes._found_in(notes._BEGINS, text)),
    "gateway.imports.wishes.vocabulary._parted": (vocabulary._parted, vocabulary.parted),
    "gateway.phones.notation._normalised": (notation._normalised, notation.normalised),
    "gateway.phones.countries._notation_of": (countries._notation_of, countries.notation_of),
    "gateway.phones.plan.code_plan": (plan.code_plan, plan.split),
}
# What a stranger's text reaches, and of which the beginning alone is asked for and kept.
CUT: dict[str, tuple[Any, Callable[[str], object]]] = {
    "gateway.imports.wishes.harmless._is_harmless": (harmless._is_harmless, harmless.is_harmless),
    "gateway.imports.wishes.harmless._is_of_another_moment": (
        harmless._is_of_another_moment,
        harmless.is_of_another_moment,
    ),
    "gateway.imports.wishes.inside._read": (inside._read, lambda text: inside._said(text, text, text)),
    "gateway.imports.wishes.title._title": (title._title, title.Title.of),
}
# What a program bounds: the countries, the types of the protos, no argument.
BOUNDED = {
    # No argument: the digits of all scripts.
    "gateway.leads.traces._others",
    "gateway.phones.countries._named",
    "gateway.phones.plan.plan_of",
    # It is asked for single characters; a word is cut to 96 characters before it is kept.
    "services.consent.normal.is_unspaced",
    # No argument: one file of the product each.
    "services.consent.likeness.weights",
    "gateway.imports.wishes.note_likeness.weights",
    # No argument: the languages of CLDR.
    "gateway.imports.cells.text._named",
    "services.consent.subjects.subjects",
    "services.consent.normal.word",
    "services.consent.spelling._long_words",
    "services.consent.vocabulary.vocabulary",
    # The wordings of four accounts, each as large as an account may store it.
    "gateway.wording.step_text._greetings",
    # It ends with the text that it was made for.
    "services.consent.words._word_ends()",
    "services.content.graphemes._cluster",
    "services.runtime.bounds._fields",
    "services.runtime.time_values._with_times",
    "services.runtime.wire_counts._counted",
}


def test_every_memo_of_the_product_is_known_here() -> None:
    found = {name for module in modules() for name in _memos(module.__name__, Path(str(module.__file__)))}
    assert found == {*REACHED, *CUT, *BOUNDED}, "say what a new memo may keep"


@pytest.mark.parametrize("name", REACHED)
def test_no_memo_keeps_a_long_text(name: str) -> None:
    memo, ask = REACHED[name]
    before = memo.cache_info().currsize
    for text in ("+60" + "1" * _LONG, "a" * _LONG, "60" + " " * _LONG, "(" * _LONG, "\ufdfa" * _LONG):
        with contextlib.suppress(notation.PhoneError):
            ask(text)
    # Codes of countries are a few hundred, and the beginning of a number may be one. Blanks around an answer
    # are not kept: what stays of a long text of blanks is short.
    assert memo.cache_info().currsize - before <= (1 if memo in {plan.code_plan, answer._answer} else 0)


@pytest.mark.parametrize("name", CUT)
def test_of_a_long_text_a_memo_keeps_the_beginning(name: str) -> None:
    memo, ask = CUT[name]
    memo.cache_clear()
    for end in "xyz":
        # Texts that differ behind the beginning are one text for the memo.
        ask("\U0001f600" * _TITLE + end * _LONG)
    assert memo.cache_info().currsize == 1


@pytest.mark.parametrize("name", [*REACHED, *CUT])
def test_a_memo_of_texts_has_room_for_so_many(name: str) -> None:
    memo = {**REACHED, **CUT}[name][0]
    # Codes of countries: see above.
    assert memo is plan.code_plan or memo.cache_info().maxsize in range(1, _MOST_KEPT + 1)


def test_the_values_of_a_remembered_cell_are_not_much_longer_than_it() -> None:
    # Names that lead to several values are kept with each, and Python writes ten signs for some characters.
    named = "{'name':'" + "é" * 150 + "'" + ",1:1" * 30 + "}"
    written = "{('" + "\U000e0001" * 150 + "',):{" + ",".join(f"{key}:1" for key in range(30)) + "}}"
    for cell in (named, written):
        assert len(cell) <= nested._REMEMBERED
        assert sum(len(name) + len(value) for name, value in nested.leaves(cell)) <= 30 * nested._REMEMBERED


def _memos(module: str, source: Path) -> Iterator[str]:
    if source.suffix != ".py" or "cache" not in (text := source.read_text(encoding="utf-8")):
        return
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(_is_memo(each) for each in function.decorator_list):
                yield f"{module}.{function.name}"
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(_is_memo(call.func) for call in calls if call not in function.decorator_list):
                yield f"{module}.{function.name}()"


def _is_memo(called: ast.expr) -> bool:
    called = called.func if isinstance(called, ast.Call) else called
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in ("cache", "lru_cache")
