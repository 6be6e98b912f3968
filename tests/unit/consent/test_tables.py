"""A vocabulary is the same after it was kept in its normal form."""

import pytest

from services.consent import tables
from services.consent.roles import Role

TEXT = """
[common]
polite = "please, lah"
contrast = "but"
number = "one, two"

[en]
stop = "stop, don't send, unsub*"
send = "send"

[vi]
marked = true
stop = "dừng, đừng gửi"
prefix = "a"
"""


def test_what_is_kept_is_what_was_parsed(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tables.parsed(TEXT)
    monkeypatch.setattr(tables, "FILE", tmp_path / "tables.json")
    tables.FILE.write_text(tables.packed(found), encoding="utf-8")
    assert tables.load() == found


def test_phrases_are_in_the_normal_form_of_their_language() -> None:
    found = tables.parsed(TEXT)
    assert found.lists == {"polite": {"please", "lah"}, "contrast": {"but"}}
    assert (("stop",), Role.STOP) in found.languages["en"].phrases
    assert found.languages["en"].stems == [("unsub", Role.STOP)]
    # The accents of a marked language make other words.
    assert (("dừng",), Role.STOP) in found.languages["vi"].phrases
    assert found.languages["vi"].prefixes == {"a"}
