"""One trace leads from the enrollment, or from the hand of a campaign's message, to the acceptance."""

from collections import Counter
from collections.abc import Collection

from infra.local.telemetry.spans import Link, Span, read_spans
from tests.scenarios.gateway_checks import FEW, campaign_calls
from tests.scenarios.load import loaded
from tests.scenarios.processes import ProcessMesh
from tests.support.eventually import eventually

# From the acceptance back to the head; each is the parent of the one before it.
PATH = [
    ("accept", "network"),
    ("send", "shardhost"),
    ("process", "shardhost"),
    ("hand", "dispatch"),
    ("enroll", "enrollment"),
]


async def test_each_message_has_a_path_of_spans(traced_processes: ProcessMesh) -> None:
    """Real processes only: tasks of one process would share its tracer provider, and so its name."""
    async with loaded(traced_processes, leads=4) as load:
        await load.until_sent()

        async def paths() -> list[list[Span]] | None:
            # Each process exports when it likes, so a path may come in pieces.
            found = [
                path for path in _paths(read_spans(traced_processes.spans_path)) if path[-1].name == "enroll"
            ]
            return found if len(found) >= load.expected else None

        found = await eventually(paths, within_s=20, every_s=0.2, what="spans are exported")
    for path in found:
        assert [(span.name, span.service) for span in path] == PATH
        assert len({span.trace_id for span in path}) == 1
    # One trace a lead, and its messages are its branches.
    assert len({path[-1].trace_id for path in found}) == len(load.leads)
    assert {span.attributes["messaging.message.id"] for span, *_ in found} == {
        entry.wire_id for entry in load.ledger()
    }


async def test_each_message_of_a_campaign_has_a_trace_linked_to_the_launch(
    traced_processes: ProcessMesh,
) -> None:
    async with campaign_calls(traced_processes) as at:
        name = await at.drafted("few")
        await at.ask("LaunchCampaign", name=name)
        await at.watched(name)

        async def spans() -> list[Span] | None:
            found = _about({entry.wire_id for entry in at.ledger()}, read_spans(traced_processes.spans_path))
            names = Counter(span.name for span in found)
            # Each process exports when it likes, so a path may come in pieces.
            whole = sum(path[-1].name == "hand" for path in _paths(found))
            is_all = whole == names["accept"] == names["outcome"] == FEW
            return found if names["launch"] and is_all else None

        found = await eventually(spans, within_s=20, every_s=0.2, what="spans are exported")
        accepted = {entry.wire_id for entry in at.ledger()}
    paths = _paths(found)
    for path in paths:
        assert [(span.name, span.service) for span in path] == PATH[:-1]
        assert len({span.trace_id for span in path}) == 1
    # One trace a message, and the launch is none of them.
    (launch,) = [span for span in found if span.name == "launch"]
    assert launch.attributes["messaging.batch.message_count"] == FEW
    hands = [path[-1] for path in paths]
    assert len({hand.trace_id for hand in hands} | {launch.trace_id}) == FEW + 1
    assert {hand.links for hand in hands} == {(Link(launch.trace_id, launch.span_id),)}
    outcomes = {span.trace_id: span for span in found if span.name == "outcome"}
    for accept, send, *_ in paths:
        assert outcomes[accept.trace_id].parent_span_id == send.span_id
    assert {span.attributes["messaging.message.id"] for span, *_ in paths} == accepted


def _about(wire_ids: Collection[str], spans: list[Span]) -> list[Span]:
    """The traces of these messages, and the launch: another scenario may have used the mesh before."""
    traces = {span.trace_id for span in spans if span.attributes.get("messaging.message.id") in wire_ids}
    return [span for span in spans if span.trace_id in traces or span.name == "launch"]


def _paths(spans: list[Span]) -> list[list[Span]]:
    by_id = {span.span_id: span for span in spans}
    return [_up(span, by_id) for span in spans if span.name == "accept"]


def _up(span: Span, by_id: dict[str, Span]) -> list[Span]:
    path = [span]
    while path[-1].parent_span_id in by_id:
        path.append(by_id[path[-1].parent_span_id])
    return path
