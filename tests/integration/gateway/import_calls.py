"""Calls of ImportLeads and GetImportErrors, and what came of them."""

import csv
import io
from typing import Any

from gateway.cli.leads.imports.file import File
from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2
from services.runtime.channel import ENDED_WHILE_WRITING
from tests.integration.gateway.mesh import Client, Refusal, refusal
from tests.support.importing import imported, start

HEADER = "Name,Phone,City\n"


async def run(client: Client, file: File, **options: Any) -> pb.ImportResult:
    return await imported(client.leads, client.metadata, file, start(file, **options))


async def answers(client: Client, *requests: pb.ImportLeadsRequest) -> list[pb.ImportLeadsResponse]:
    """Of a caller who sends just this."""
    call = client.leads.ImportLeads(iter(requests), metadata=client.metadata, timeout=20)
    return [response async for response in call]


async def refused(client: Client, *requests: pb.ImportLeadsRequest) -> Refusal:
    told = await refusal(answers(client, *requests))
    for _ in range(20):
        if told.message != ENDED_WHILE_WRITING:
            break
        told = await refusal(answers(client, *requests))
    return told


def opening(begin: pb.ImportStart) -> pb.ImportLeadsRequest:
    return pb.ImportLeadsRequest(start=begin)


def chunk(content: bytes, offset: int = 0) -> pb.ImportLeadsRequest:
    return pb.ImportLeadsRequest(chunk=pb.ImportChunk(content=content, offset=offset))


async def errors(client: Client, name: str) -> list[list[str]]:
    call = client.leads.GetImportErrors(
        pb.GetImportErrorsRequest(name=name), metadata=client.metadata, timeout=20
    )
    text = b"".join([response.content async for response in call]).decode("utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


async def stored(client: Client) -> dict[str, leads_pb2.Lead]:
    page = await client.call(client.leads.ListLeads, leads_pb2.ListLeadsRequest(page_size=1000))
    return {one.phone: one for one in page.leads}
