"""What a caller says about a file, and what is wrong with it."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import KompangError
from tests.integration.gateway.import_calls import HEADER, chunk, errors, opening, refused, run, stored
from tests.integration.gateway.mesh import Client
from tests.support.importing import rows_of, start, tally, written

INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def test_every_wrong_option_is_named_at_once(acme: Client, tmp_path: Path) -> None:
    begin = pb.ImportStart(
        request_id="x",
        size=-1,
        head_sha256=b"x",
        options=pb.ImportOptions(
            country="XX", trigger="a b", device="x", delimiter="a", encoding="ebcdic",
            columns=[pb.ImportColumn(column="a", field="phone"), pb.ImportColumn(column="b", field="phone"),
                     pb.ImportColumn(column="", field="nope")],
            consent=pb.ImportConsent(),
        ),
    )  # fmt: skip
    told = await refused(acme, opening(begin))
    assert told.code is INVALID
    assert set(told.violations) == {
        "start.request_id", "start.size", "start.head_sha256", "start.options.country",
        "start.options.trigger",
        "start.options.device", "start.options.delimiter", "start.options.encoding",
        "start.options.columns[1].field", "start.options.columns[2].column", "start.options.columns[2].field",
        "start.options.consent.source",
    }  # fmt: skip
    assert set((await refused(acme, chunk(b"x"))).violations) == {"start"}
    assert set((await refused(acme)).violations) == {"start"}


@pytest.mark.parametrize(
    ("text", "options", "field"),
    [
        ("Name,City\nAli,Ipoh\n", {}, "columns"),
        ("Ali,0123456789\n", {}, "columns"),
        ("", {}, "file"),
        ("PK\x03\x04", {}, "file"),
        ("Phone\n1\n", {"columns": [pb.ImportColumn(column="Tel", field="name")]}, "options.columns"),
        ("Phone\n1\n", {"trigger": "NOPE"}, "start.options.trigger"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_with_its_field(
    acme: Client, tmp_path: Path, text: str, options: Any, field: str
) -> None:
    await acme.linked(1)
    file = written(tmp_path, text)
    begin = start(file, **options)
    assert set((await refused(acme, opening(begin), chunk(text.encode()))).violations) == {field}


async def test_a_mapping_by_number_where_there_is_no_header(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    columns = [pb.ImportColumn(column="2", field="phone"), pb.ImportColumn(column="1", field="name")]
    result = await run(acme, written(tmp_path, rows_of(3)), columns=columns)
    assert tally(result) == (3, 0, 0, 0, 0)
    assert {one.display_name for one in (await stored(acme)).values()} == {"Lead 0", "Lead 1", "Lead 2"}
    header, *_ = await errors(acme, result.name)
    assert header[:3] == ["name", "phone", "attr.column_3"]


async def test_no_device_to_assign(acme: Client, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + rows_of(1))
    with pytest.raises(KompangError) as caught:
        await run(acme, file)
    assert caught.value.reason == "NO_DEVICE"
