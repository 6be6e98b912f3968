"""Sequences as an account may have them, and files about them, for property tests."""

from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st

from gateway.cli.durations import to_proto
from gateway.cli.sequences.parse import ENUMS, DesiredSequence
from gateway.cli.sequences.plan import Plan
from gateway.cli.yaml.words import number_of, words
from gateway.sequences.check import FIELDS
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import wording_pb2

# What Postgres keeps and templates take: no braces, which must fit together.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0{}|\\"), min_size=1, max_size=40
)
LINES = st.lists(
    st.sampled_from(["Hi {name}", "", "  deep", "a: b", "- x", "# no", "'q'", "…🎉", "null", "1", "no"])
)
BODY = st.one_of(TEXT, LINES.map("\n".join).filter(bool))
GREETING = st.builds(
    wording_pb2.Greeting,
    text=BODY,
    weight=st.integers(1, 9),
    language=st.sampled_from(["", "ms", "zh-Hant"]),
    period=st.sampled_from(list(wording_pb2.Greeting.Period.values())),
)


@st.composite
def sequences(draw: st.DrawFn, *, kept: bool = True) -> pb.Sequence:
    """`kept`: as a gateway could have it, where what is said otherwise stands in the steps."""
    offsets = sorted(draw(st.sets(st.integers(0, 366 * 86_400 * 10**6), max_size=4)))
    steps = [pb.Step(text=draw(BODY), offset=to_proto(timedelta(microseconds=offset))) for offset in offsets]
    made = pb.Sequence(
        name="sequences/cold",
        display_name=draw(st.one_of(st.just(""), TEXT)),
        trigger=draw(st.sampled_from(["", "COLD", "no", "1.5"])),
        next_sequence=draw(st.sampled_from(["", "sequences/warm", "sequences/off"])),
        steps=steps,
        state=draw(st.sampled_from([pb.Sequence.STATE_ACTIVE, pb.Sequence.STATE_INACTIVE])),
    )
    for name, enum in ENUMS.items():
        setattr(made, name, number_of(enum, draw(st.sampled_from(words(enum)))))
    if draw(st.booleans()):
        made.ClearField("variation")
    if draw(st.booleans()):
        made.greetings.greetings.extend(draw(st.lists(GREETING, max_size=3)))
        made.greetings.SetInParent()
    if kept and not steps:
        made.ClearField("greetings")
        made.ClearField("variation")
    return made


@st.composite
def files(draw: st.DrawFn) -> DesiredSequence:
    """What a file wants of `cold`; only what can be kept is mentioned."""
    sequence = draw(sequences())
    active = draw(st.sampled_from([None, True, False]))
    fields = draw(st.sets(st.sampled_from(FIELDS)))
    if not sequence.steps:
        fields -= {"greetings", "variation"}
    elif fields & {"greetings", "variation"}:
        fields |= {"steps"}
    bare = pb.Sequence(name=sequence.name)
    for name in fields:
        _copy(sequence, bare, name)
    return DesiredSequence("cold", bare, tuple(name for name in FIELDS if name in fields), active)


def _copy(source: pb.Sequence, target: pb.Sequence, name: str) -> None:
    match name:
        case "steps":
            target.steps.extend(source.steps)
        case "greetings":
            if source.HasField(name):
                target.greetings.CopyFrom(source.greetings)
        case _:
            setattr(target, name, getattr(source, name))


def plan(folder: Path, text: str) -> Plan:
    """Of a file with this text."""
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return Plan.of(path)
