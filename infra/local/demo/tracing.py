"""The trace of one message through the mesh, from the spans that the processes exported."""

from pathlib import Path

from infra.local.telemetry.spans import Span, read_spans

_FIRST, _LAST = "enroll", "accept"
STAGES = (_FIRST, "hand", "process", "send", _LAST)


def example_path(spans_path: Path) -> list[Span]:
    """The spans of one message from enrollment to acceptance, in order; empty if no trace is complete."""
    spans = {span.span_id: span for span in read_spans(spans_path)}
    for span in spans.values():
        if span.name == _LAST and span.status != "ERROR":
            path = _path_to(span, spans)
            if tuple(each.name for each in path) == STAGES:
                return path
    return []


def _path_to(span: Span, spans: dict[str, Span]) -> list[Span]:
    path = [span]
    while (parent := spans.get(path[-1].parent_span_id)) is not None and len(path) < len(spans):
        path.append(parent)
    return path[::-1]
