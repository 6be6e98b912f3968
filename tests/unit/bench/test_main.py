"""What `python -m tests.bench` prints, without running anything."""

import json

import pytest

from tests.bench.__main__ import BENCHES, chosen, line, main


def test_a_figure_is_one_json_object() -> None:
    assert json.loads(line("steady", ("due_to_hand_p99", 350.23456, "ms"))) == {
        "bench": "steady",
        "figure": "due_to_hand_p99",
        "value": 350.235,
        "unit": "ms",
    }


def test_an_unknown_name_is_one_clear_line_and_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steady,stedy"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "stedy" in printed.err
    assert all(name in printed.err for name in BENCHES)


def test_benchmarks_of_one_question_come_together_and_each_is_run_once() -> None:
    assert chosen(["import,launch,pause"]) == ["import", "launch", "pause", "stop"]
    assert chosen(["attack"]) == ["attack", "storm"]
    assert chosen(["stop", "pause,stop"]) == ["stop", "pause"]
    assert chosen([]) == list(BENCHES)
