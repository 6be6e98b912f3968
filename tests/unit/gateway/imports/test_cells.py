"""What a cell says besides numbers and moments."""

import re
from typing import Any

import pytest

from buf.validate import validate_pb2
from gateway.imports.cells.text import cell_text, language
from gateway.imports.errors import RowError
from kompang.v1 import leads_pb2


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" Ali ", "Ali"),
        ("'+60123456789", "+60123456789"),
        ("'=1+1", "=1+1"),
        ("'31400", "31400"),
        ("'t Hooft", "'t Hooft"),
        ("'90s", "'90s"),
        ("#REF!", ""),
        ("#1 fan", "#1 fan"),
    ],
)
def test_what_is_put_there_for_excel_is_taken_away(cell: str, expected: str) -> None:
    assert cell_text(cell) == expected


def test_languages_by_name() -> None:
    names = ("English", "Bahasa Melayu", "BM", "\u4e2d\u6587", "ms_MY", "")
    assert [language(name) for name in names] == ["en", "ms", "ms", "zh", "ms-MY", ""]


def test_a_language_is_what_the_api_takes() -> None:
    options: Any = leads_pb2.Lead.DESCRIPTOR.fields_by_name["language"].GetOptions()
    pattern = re.compile(options.Extensions[validate_pb2.field].string.pattern)
    for tag in (
        "",
        "ms",
        "zh-Hant-TW",
        "zh-",
        "-ms",
        "m",
        "ms-MY.UTF8",
        "bahasa melayu",
        "华语",
        "en-" * 7 + "x",
    ):
        assert _is_language(tag) == bool(pattern.fullmatch(tag)), tag


def _is_language(cell: str) -> bool:
    try:
        return language(cell) == cell
    except RowError:
        return False
