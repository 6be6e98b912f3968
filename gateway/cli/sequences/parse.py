"""Sequences as a file describes them.

    sequences:
      - name: cold
        trigger: COLDEXSTART
        next: warm
        steps:
          - offset: 5m
            text: |
              Hi, this is …

What a file does not mention is left as it is: a field of a sequence, or a whole sequence. docs/sequences.md
has every field.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from gateway.cli.durations import parse_duration, to_proto
from gateway.cli.yaml.greetings import greetings
from gateway.cli.yaml.reader import Diagnostic, Node, Reader, is_null
from gateway.cli.yaml.words import number_of, words
from gateway.sequences.check import FIELDS
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import wording_pb2
from kompang.v1.messages_pb2 import OnUnknown

ENUMS = {
    "on_reply": pb.OnReply,
    "on_reenter": pb.OnReenter,
    "on_unknown": OnUnknown,
    "variation": wording_pb2.Variation,
}

# What a sequence in a file may say: its name, what UpdateSequence may change, and whether it listens.
_KEYS = (
    "name", "display_name", "active", "trigger", "next", "on_reply", "on_reenter", "on_unknown", "variation",
    "greetings", "steps",
)  # fmt: skip
_STEP_KEYS = ("offset", "text")
# Where the API has another name.
_IN_API = {"next": "next_sequence"}
_IN_FILE = {api: key for key, api in _IN_API.items()} | {"sequence_id": "name"}


@dataclass
class DesiredSequence:
    """One sequence; `fields` are those the file mentions, by their names in the API.

    `active` is None where the file does not mention it, and `places` has the nodes by path in the API.
    """

    slug: str
    sequence: pb.Sequence
    fields: tuple[str, ...] = ()
    active: bool | None = None
    places: dict[str, Node] = field(default_factory=dict)

    @property
    def next_slug(self) -> str | None:
        """None where the file says nothing of it."""
        return (
            self.sequence.next_sequence.removeprefix("sequences/") if "next_sequence" in self.fields else None
        )


def read(reader: Reader) -> list[DesiredSequence]:
    """All of a file. Raises `FileRefused`."""
    root = reader.mapping(reader.root(), "", ("sequences",))
    found: dict[str, DesiredSequence] = {}
    for item in reader.items(root["sequences"], "sequences") if "sequences" in root else ():
        desired = _sequence(reader, item)
        if desired.slug in found:
            reader.add(desired.places["sequence_id"], f"{desired.slug}.name", "stands in this file twice")
        elif desired.slug:
            found[desired.slug] = desired
    reader.refuse()
    return list(found.values())


def diagnostic(reader: Reader, desired: DesiredSequence, path: str, text: str) -> Diagnostic:
    """What the API says about `sequence.steps[0].text`, as a diagnostic of the file."""
    path = path.removeprefix("sequence.")
    known = path
    while known not in desired.places:
        known = known.rpartition(".")[0] if "." in known else ""
    node = desired.places[known]
    head, _, rest = path.partition(".")
    name = f"{desired.slug}.{_IN_FILE.get(head, head)}{rest and '.' + rest}"
    return reader.diagnostic(node, name.replace("greetings.greetings", "greetings"), text)


def _sequence(reader: Reader, node: Node) -> DesiredSequence:
    given = reader.mapping(node, "sequences", _KEYS)
    slug = _slug(reader, given["name"], "name") if "name" in given else ""
    if given and not slug:
        reader.add(node, "name", "is missing; every sequence in a file has one, such as cold")
    desired = DesiredSequence(slug, pb.Sequence(name=f"sequences/{slug}"))
    desired.places[""] = node
    desired.fields = tuple(name for name in FIELDS if _IN_FILE.get(name, name) in given)
    for key, value in given.items():
        desired.places[{"name": "sequence_id"}.get(key, _IN_API.get(key, key))] = value
        _set(reader, desired, key, value)
    return desired


def _set(reader: Reader, desired: DesiredSequence, key: str, node: Node) -> None:
    name, sequence = f"{desired.slug or 'sequences'}.{key}", desired.sequence
    match key:
        case "display_name" | "trigger":
            setattr(sequence, key, "" if is_null(node) else reader.words(node, name))
        case "next":
            slug = "" if is_null(node) else _slug(reader, node, name)
            sequence.next_sequence = f"sequences/{slug}" if slug else ""
        case "active":
            desired.active = reader.choice(node, name, ("true", "false")) == "true"
        case "variation" if is_null(node):
            sequence.variation = wording_pb2.VARIATION_UNSPECIFIED
        case "on_reply" | "on_reenter" | "on_unknown" | "variation":
            setattr(sequence, key, number_of(ENUMS[key], reader.choice(node, name, words(ENUMS[key]))))
        case "greetings" if not is_null(node):
            sequence.greetings.CopyFrom(greetings(reader, node, name, desired.places))
        case "steps":
            _read_steps(reader, desired, node, name)


def _read_steps(reader: Reader, desired: DesiredSequence, node: Node, name: str) -> None:
    if is_null(node):
        reader.add(node, name, "is empty; write its steps, [] for none at all, or leave it out")
        return
    for index, item in enumerate(reader.items(node, name)):
        desired.sequence.steps.append(_step(reader, desired, item, index))


def _step(reader: Reader, desired: DesiredSequence, node: Node, index: int) -> pb.Step:
    path = f"steps[{index}]"
    name = f"{desired.slug}.{path}"
    given = reader.mapping(node, name, _STEP_KEYS)
    desired.places[path] = node
    for key in _STEP_KEYS:
        if key in given:
            desired.places[f"{path}.{key}"] = given[key]
        elif given:
            reader.add(node, f"{name}.{key}", "is missing; a step has an offset and a text")
    offset = _length(reader, given["offset"], f"{name}.offset") if "offset" in given else timedelta()
    text = reader.words(given["text"], f"{name}.text") if "text" in given else ""
    return pb.Step(text=text, offset=to_proto(offset))


def _slug(reader: Reader, node: Node, name: str) -> str:
    return reader.words(node, name).removeprefix("sequences/")


def _length(reader: Reader, node: Node, name: str) -> timedelta:
    try:
        return parse_duration(reader.words(node, name))
    except ValueError as error:
        reader.add(node, name, str(error))
        return timedelta()
