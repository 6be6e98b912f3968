"""What `make test-long` runs."""

from pathlib import Path

import pytest

from tests import long


def _program(folder: Path, name: str, answer: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)


def test_each_python_that_is_new_enough_and_starts_is_found_once(tmp_path: Path) -> None:
    _program(tmp_path, "python3", "echo 3.11")
    _program(tmp_path, "python3.11", "echo 3.11")
    _program(tmp_path, "python3.12", "echo not chosen >&2; exit 127")
    _program(tmp_path, "python3.13", "echo 3.13")

    found = long.pythons(path=str(tmp_path))

    assert found == [("3.11", f"{tmp_path}/python3"), ("3.13", f"{tmp_path}/python3.13")]


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    _program(tmp_path, "python3", "echo 3.10")

    assert long.pythons(path=str(tmp_path)) == []


def test_a_failed_part_is_said_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [long.Part("a", "this holds", ("false",)), long.Part("b", "that holds", ("true",))]
    monkeypatch.setattr(long, "parts", lambda _seed: made)
    monkeypatch.delenv("PARTS", raising=False)

    with pytest.raises(SystemExit) as ended:
        long.main()

    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "NO   this holds" in said
    assert "yes  that holds" in said


def test_a_part_that_nobody_answered_is_said_and_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [long.Part("a", "this holds", ("sh", "-c", "exit 3"))]
    monkeypatch.setattr(long, "parts", lambda _seed: made)
    monkeypatch.delenv("PARTS", raising=False)
    with pytest.raises(SystemExit) as ended:
        long.main()
    assert ended.value.code == 1
    assert "nobody could be asked: this holds" in capsys.readouterr().out


def test_every_part_is_run_unless_some_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "pythons", lambda _named: [("3.11", "python3.11"), ("3.13", "python3.13")])

    names = [part.name for part in long.parts("1")]

    assert names == [
        "python3.11",
        "python3.13",
        "schedules",
        "faults",
        "fuzz",
        "numbers",
        "audit",
        "licences",
    ]
