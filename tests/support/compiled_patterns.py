"""Every regular expression of the product, found and not listed by hand; strings that are hard for each."""

import ast
import importlib
import itertools
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

_ROOTS = ("gateway", "services", "shardhost")
_OF_CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_WORD: ".",
}
_MOST_CHARACTERS = 7
# No pattern ends with it.
_BAD_END = "\x02"


def modules() -> Iterator[ModuleType]:
    """All of the product, but what starts a process when it is imported."""
    for root in _ROOTS:
        package = importlib.import_module(root)
        for found in pkgutil.walk_packages(package.__path__, f"{root}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def constants(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The compiled patterns at the top of a module, also in tuples and tables: a name, the pattern."""
    for name, value in vars(module).items():
        for place, pattern in enumerate(_inside(value)):
            yield f"{module.__name__}.{name}" + (f"[{place}]" if place else ""), pattern


def calls(module: ModuleType) -> Iterator[str]:
    """Where a function of the module compiles or uses a pattern on the spot."""
    source = module.__file__ and Path(module.__file__)
    if not source or source.suffix != ".py":
        return
    text = source.read_text(encoding="utf-8")
    if "import re\n" not in text:
        return
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _is_of_re(node.func):
                    yield f"{module.__name__}.{function.name}()"


def strings(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """Strings of about `length` that match a part again and again and then do not end as they should."""
    letters = _letters(pattern) or ["a"]
    units = [*letters, *map("".join, itertools.product(letters, repeat=2))]
    for begin, unit in itertools.product(("", _BAD_END, *letters[:1]), units):
        text = begin + unit * (length // len(unit)) + _BAD_END
        yield text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | tuple | list) and depth < 3:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _inside(each, depth + 1)


def _is_of_re(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == "re"
        and called.attr not in ("Match", "Pattern")
    )


def _letters(pattern: re.Pattern[Any]) -> list[str]:
    """Characters that the parts of a pattern tell apart; of very many some."""
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    found = sorted(set(_of(parser.parse(text, flags))))
    return found[:: max(1, len(found) // _MOST_CHARACTERS)][:_MOST_CHARACTERS]


def _of(parsed: Any) -> Iterator[str]:
    for code, value in parsed:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.RANGE:
            yield chr(value[0])
        elif code is codes.CATEGORY:
            yield _OF_CATEGORIES[value]
        elif code in (codes.ANY, codes.NOT_LITERAL):
            yield "a"
        elif code is codes.IN:
            yield from _of(value)
        elif code is codes.BRANCH:
            yield from itertools.chain.from_iterable(map(_of, value[1]))
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            yield from _of(value[2])
        elif code is codes.SUBPATTERN:
            yield from _of(value[3])
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _of(value[1])
        elif code is codes.ATOMIC_GROUP:
            yield from _of(value)
