"""Attacks what a process says about itself: errors that quote a person, on their way out."""

import asyncio
import os
import sys
from pathlib import Path

from infra.local.telemetry.metrics import read_metrics
from infra.local.telemetry.otlp import OtlpReceiver
from infra.local.telemetry.spans import read_spans
from infra.reference.instruments import instruments
from tests.support.database import Database

PLANTED = ("60123456789", "Siti Planted", "Ipoh Planted")


async def test_an_error_that_quotes_a_person_leaves_the_process_without_the_words(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "spans"
    async with OtlpReceiver(path) as receiver:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.attacks.failing_process", database.owner_dsn,
            # gRPC's own lines, which are no logs of ours, are off (docs/security.md).
            env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "GRPC_VERBOSITY": "NONE"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = (text.decode() for text in await asyncio.wait_for(process.communicate(), 60))
    spans = read_spans(path)
    # The attack arrived: failed spans with exceptions, a log with each failure, the end of the process.
    failed = [span for span in spans if span.status == "ERROR"]
    assert {"attack", "render", "/grpc.health.v1.Health/Check"} <= {span.name for span in failed}, err
    types = {event.attributes["exception.type"] for span in spans for event in span.events}
    assert {"RuntimeError", "grpc.aio._call.AioRpcError"} <= types
    assert process.returncode == 1
    assert all(line.startswith('{"time"') for line in err.splitlines()), err
    for told in ("failed", "failed again", "refused", "the process ends", "a thread ends", "never retrieved"):
        assert told in err
    for error in ("UniqueViolationError", "InvalidTextRepresentationError", "ValidationError", "LookupError"):
        assert error in err
    for planted in PLANTED:
        assert planted not in out + err
        assert planted not in path.read_text()
    assert not [span for span in spans if span.status_description]
    # What a process counts arrives, too: every instrument, and the failures of this one.
    measured = read_metrics(receiver.metrics_path)
    sent = {(one.name, one.kind, one.unit) for one in measured if one.value == 7}
    assert sent == {(each.name, each.kind, each.unit) for each in instruments()}, err
    assert {one.service for one in measured} == {"attack"}
    assert not [planted for planted in PLANTED if planted in receiver.metrics_path.read_text()]
