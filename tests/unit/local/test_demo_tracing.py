"""One message's way, found among the spans of many."""

from pathlib import Path

from infra.local.demo.tracing import STAGES, example_path
from infra.local.telemetry.spans import Span


def chain(trace: str, stages: tuple[str, ...]) -> list[Span]:
    """Spans of one trace, each the parent of the next."""
    return [
        Span(trace, f"{trace}{n}", f"{trace}{n - 1}" if n else "", stage, "INTERNAL", "some", 0, 1, "UNSET")
        for n, stage in enumerate(stages)
    ]


def written(folder: Path, spans: list[Span]) -> Path:
    path = folder / "spans.jsonl"
    path.write_text("".join(span.to_line() for span in spans))
    return path


def test_a_complete_trace_is_found_in_any_order_of_spans(tmp_path: Path) -> None:
    spans = [*chain("b", STAGES[1:]), *reversed(chain("a", STAGES)), *chain("c", ("enroll", "outcome"))]
    found = example_path(written(tmp_path, spans))

    assert [span.name for span in found] == list(STAGES)
    assert {span.trace_id for span in found} == {"a"}


def test_a_trace_with_a_gap_is_not_found(tmp_path: Path) -> None:
    assert example_path(written(tmp_path, chain("a", ("enroll", "hand", "send", "accept")))) == []
    assert example_path(tmp_path / "none.jsonl") == []
