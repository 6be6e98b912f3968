"""Where the servers of tests keep their data."""

from pathlib import Path

import pytest

from tests.support import quick_disk as place
from tests.support.quick_disk import quick_disk


def test_memory_that_is_large_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_ENOUGH_BYTES", 1)
    assert quick_disk(tmp_path) == tmp_path


def test_little_memory_or_none_means_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert quick_disk(tmp_path / "absent") is None
    monkeypatch.setattr(place, "_ENOUGH_BYTES", 1 << 62)
    assert quick_disk(tmp_path) is None
