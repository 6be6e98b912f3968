"""The sample's account and sequences as requests, on a shortened clock."""

import tomllib
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration

from kompang.v1 import accounts_pb2, sequences_pb2, wording_pb2


def read_sequences(path: Path, hour_s: float) -> list[sequences_pb2.CreateSequenceRequest]:
    """What creates the sequences of the file, those that are linked to first; an hour takes `hour_s`."""
    with path.open("rb") as file:
        written = tomllib.load(file)["sequence"]
    return [_request(each, hour_s) for each in reversed(written)]


def read_account(path: Path, wording: str = "wording") -> accounts_pb2.Account:
    """How the account of the file speaks; `later` is what it changes to on the way."""
    with path.open("rb") as file:
        written = tomllib.load(file)
    return accounts_pb2.Account(
        timezone=written["timezone"],
        language=written["language"],
        wording=json_format.ParseDict(written[wording], wording_pb2.Wording()),
    )


def _request(written: dict[str, Any], hour_s: float) -> sequences_pb2.CreateSequenceRequest:
    sequence = sequences_pb2.Sequence(
        display_name=written["display_name"],
        trigger=written["trigger"],
        next_sequence=f"sequences/{written['next']}" if "next" in written else "",
        steps=[
            sequences_pb2.Step(text=step["text"], offset=_duration(step["hours"] * hour_s))
            for step in written["steps"]
        ],
        variation=written.get("variation", "VARIATION_UNSPECIFIED"),
    )
    if "greetings" in written:
        json_format.ParseDict({"greetings": written["greetings"]}, sequence.greetings)
    return sequences_pb2.CreateSequenceRequest(sequence=sequence, sequence_id=written["id"])


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1000))
    return duration
