"""A sequence as a file: what `get --output yaml` prints, and `apply` reads as the same."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from gateway.cli.durations import format_duration
from gateway.cli.sequences.difference import canonical, value
from gateway.cli.yaml import greetings
from kompang.v1 import sequences_pb2 as pb

# In the order of the file.
_SCALARS = (
    "display_name", "active", "trigger", "next_sequence", "on_reply", "on_reenter", "on_unknown", "variation",
)  # fmt: skip


# Only in quotation marks do these come back as they are: other styles take some of them for ends of lines.
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class _Writer(yaml.SafeDumper):
    """Texts of several lines as blocks, in the order given."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.Node:
    # A block is read without the end of its last line: what has one stands in quotation marks.
    is_block = "\n" in text and not text.endswith("\n")
    style = '"' if _ODD.search(text) else "|" if is_block else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def as_yaml(sequences: Sequence[pb.Sequence]) -> str:
    """A file of them."""
    tree = {"sequences": [_tree(canonical(each)) for each in sequences]}
    made: str = yaml.dump(
        tree, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=4096, default_flow_style=False
    )
    return made


def _tree(sequence: pb.Sequence) -> dict[str, Any]:
    tree: dict[str, Any] = {"name": sequence.name.removeprefix("sequences/")}
    for name in _SCALARS:
        if name == "active":
            tree[name] = sequence.state == pb.Sequence.STATE_ACTIVE
        elif (text := value(sequence, name)) is not None:
            tree["next" if name == "next_sequence" else name] = text
    if sequence.HasField("greetings"):
        tree["greetings"] = greetings.as_tree(sequence.greetings)
    tree["steps"] = [
        {"offset": format_duration(step.offset.ToTimedelta()), "text": step.text} for step in sequence.steps
    ]
    return tree
