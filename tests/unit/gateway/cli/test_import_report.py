"""What a dry run tells a marketer of people who said no, perhaps."""

import pytest

from gateway.cli.leads.imports.report import show_report
from kompang.v1 import imports_pb2 as pb


def shown(capsys: pytest.CaptureFixture[str], **fields: object) -> str:
    show_report(pb.ImportReport(**fields))  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_the_lines_are_named_and_the_way_to_overrule_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, said_perhaps_no=2, perhaps_no_lines=[4, 17])
    assert "2 say perhaps no" in text
    assert "lines 4, 17. " in text
    assert '--map "COLUMN=ignore"' in text
    assert "lines 4 and others" in shown(capsys, said_perhaps_no=2, perhaps_no_lines=[4])


def test_nothing_is_told_where_nobody_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert "perhaps" not in shown(capsys, said_no=3)
