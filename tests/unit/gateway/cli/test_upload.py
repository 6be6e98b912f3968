"""What the command makes of calls that end early."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.cli.leads.imports.upload import Upload
from services.runtime.errors import KompangError
from tests.support.importing import start, written


class Refusing:
    """A stub each of whose calls ends with the next of these statuses when it is written to."""

    def __init__(self, *statuses: tuple[grpc.StatusCode, str]) -> None:
        self._statuses = list(statuses)

    def ImportLeads(self, metadata: Any) -> "Refusing":  # noqa: N802 - as the generated stub has it
        return self

    async def write(self, _: Any) -> None:
        code, details = self._statuses.pop(0)
        raise grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details)

    def cancel(self) -> None:
        pass


async def test_why_a_call_ended_is_asked_again_when_it_was_lost(tmp_path: Path) -> None:
    """The gateway may refuse a caller before it has read what he began to say."""
    stub = Refusing(
        (grpc.StatusCode.INTERNAL, "Internal error from Core"),
        (grpc.StatusCode.UNAUTHENTICATED, "no API key"),
    )
    file = written(tmp_path, "Phone\n")
    with pytest.raises(KompangError, match="no API key"):
        await Upload(stub, (), file, start(file), lambda _: None).run(60.0)
