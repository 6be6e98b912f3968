"""Uploads a lead file through `ImportLeads`, as the command does for everybody."""

import csv
import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path

from gateway.cli.leads.imports.file import File
from gateway.cli.leads.imports.upload import Upload
from gateway.client import Client
from infra.local.demo.lead_file import TRIGGER, LeadFile, made_up
from infra.local.demo.settings import BadInput
from kompang.v1 import imports_pb2
from services.runtime.errors import InvalidArgument

_PATIENCE_S = 60.0
_SHOWN = 5


@dataclass
class Uploaded:
    """How many leads were created, how many rows refused; the line and the reason of the first of these."""

    leads: int = 0
    refused: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


class LeadUpload:
    """Files of one run, which lie in `folder` while they are sent.

    `country` is that of numbers without `+`.
    """

    def __init__(self, client: Client, folder: Path, source: str, country: str) -> None:
        self._client = client
        self._folder = folder
        self._options = imports_pb2.ImportOptions(
            country=country,
            trigger=TRIGGER,
            consent=imports_pb2.ImportConsent(source=source, wording="Yes, send me your news"),
        )

    async def run(self, file: LeadFile, wanted: int | None) -> Uploaded:
        """Imports the file; `wanted`: as many rows in all, those that the file has not are made up.

        Raises:
            BadInput: the gateway does not take the file.
            KompangError: the gateway refuses for another reason.

        """
        uploaded = Uploaded()
        try:
            await self._import(file.content, uploaded)
        except InvalidArgument as error:
            raise BadInput(f"{self._options.consent.source} {error}") from error
        missing, first = (wanted or 0) - file.rows, 1
        while missing > 0:
            made = Uploaded()
            await self._import(made_up(first, missing), made)
            uploaded.leads += made.leads
            # A number of the file is no new lead.
            first, missing = first + missing, missing - made.leads
        return uploaded

    async def _import(self, content: bytes, uploaded: Uploaded) -> None:
        path = self._folder / "leads.csv"
        path.write_bytes(content)
        try:
            result = await self._sent(File.read(path))
        finally:
            path.unlink()
        uploaded.leads += result.counts.created
        if result.counts.refused:
            uploaded.refused += result.counts.refused
            uploaded.examples += await self._examples(result.name)

    async def _sent(self, file: File) -> imports_pb2.ImportResult:
        start = imports_pb2.ImportStart(
            request_id=file.request_id(self._options),
            size=file.size,
            head_sha256=file.head_sha256,
            options=self._options,
        )
        upload = Upload(self._client.leads, self._client.metadata, file, start, lambda _response: None)
        result: imports_pb2.ImportResult = await upload.run(_PATIENCE_S)
        return result

    async def _examples(self, name: str) -> list[tuple[str, str]]:
        request = imports_pb2.GetImportErrorsRequest(name=name)
        answers = self._client.stream(self._client.leads.GetImportErrors, request, timeout_s=_PATIENCE_S)
        text = b"".join([each.content async for each in answers]).decode("utf-8-sig")
        # What stands before the first of the columns that say why.
        delimiter = text.partition("refused_line")[0][-1:] or ","
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [(row[-3], row[-1]) for row in itertools.islice(rows, 1, 1 + _SHOWN)]
