"""`kompang leads import` as a marketer runs it."""

import asyncio
import csv
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.integration.gateway.mesh import Client, Gateway
from tests.support.eventually import eventually
from tests.support.importing import rows_of
from tests.support.proxy import proxied

ROWS = 40_000
# The file takes seconds, however fast the gateway is, so that whoever stops it finds it under way.
LINK_BYTES_PER_S = 250_000
_PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")


class Shell:
    """Runs the command for one account."""

    def __init__(self, address: str, key: str) -> None:
        self.environment = os.environ | {
            "KOMPANG_GATEWAY_ADDRESS": address,
            "KOMPANG_API_KEY": key,
            "PYTHONPATH": ":".join(sys.path),
        }

    async def begin(self, *args: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *_PROGRAM, "leads", "import", *args, env=self.environment, stdout=pipe, stderr=pipe
        )

    async def run(self, *args: str) -> tuple[int, str, str]:
        process = await self.begin(*args)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def shell(gateway: Gateway) -> Shell:
    key = await gateway.key("acme")
    await Client(gateway.channel, key).linked(2)
    return Shell(gateway.address, key)


async def test_a_file_is_imported(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Contact,Who\n012-345 6789,Siti\n6.01E+10,Ali\n")
    args = (str(path), "--country", "MY", "--map", "phone=Contact", "--map", "name=Who",
            "--consent", "Yes, write to me", "--consent-source", "counter")  # fmt: skip
    code, out, err = await shell.run(*args)
    assert (code, err) == (0, "")
    assert "2 rows: 1 created, 0 updated, 0 unchanged, 0 duplicate, 1 refused" in out
    assert "PHONE_SCIENTIFIC" in out
    rows = list(csv.reader((tmp_path / "list.csv.refused.csv").read_text("utf-8-sig").splitlines()))
    assert [row[:3] for row in rows] == [["Contact", "Who", "refused_line"], ["6.01E+10", "Ali", "3"]]
    code, out, err = await shell.run(*args, "--again", "--output", "json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["counts"] == {
        "created": 0, "updated": 0, "unchanged": 1, "duplicate": 0, "refused": 1,
        "refusedByReason": {"PHONE_SCIENTIFIC": 1}, "withoutConsent": 0, "suppressed": 0,
    }  # fmt: skip
    assert told["refusedFile"] == f"{path}.refused.csv"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
async def test_the_same_command_goes_on_where_it_was_stopped(
    shell: Shell, gateway: Gateway, tmp_path: Path, stop: signal.Signals
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,phone,city\n" + rows_of(ROWS))
    args = (str(path), "--country", "MY", "--output", "json")
    async with proxied(gateway.address) as link, gateway.database.connection() as connection:
        link.bytes_per_s = LINK_BYTES_PER_S
        shell.environment["KOMPANG_GATEWAY_ADDRESS"] = link.address
        process = await shell.begin(*args)

        async def begun() -> bool:
            return bool(await connection.fetchval("SELECT byte_offset > 0 FROM import"))

        await eventually(begun, within_s=30)
        assert process.returncode is None
        process.send_signal(stop)
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert out == b""
        if stop is signal.SIGINT:
            assert process.returncode == 130
            assert "go on with the same command" in err.decode()
            assert len(err.decode().strip().splitlines()) == 1
        assert 0 < await connection.fetchval("SELECT count(*) FROM lead") < ROWS
        link.bytes_per_s = None
        code, out2, _ = await shell.run(*args)
        assert code == 0
        told = json.loads(out2)
        assert (told["rows"], told["counts"]["created"]) == (ROWS, ROWS)
        # And once more it only tells the result.
        assert json.loads((await shell.run(*args))[1]) == told
        assert await connection.fetchval("SELECT count(*) FROM import") == 1
        assert await connection.fetchval("SELECT count(*) FROM lead") == ROWS


async def test_an_import_once_more_goes_on_with_its_request_id(
    shell: Shell, gateway: Gateway, tmp_path: Path
) -> None:
    """`--again` makes a new import each time: only its request_id says which one to go on with."""
    path = tmp_path / "list.csv"
    path.write_text("name,phone,city\n" + rows_of(ROWS))
    args = (str(path), "--country", "MY", "--output", "json")
    async with proxied(gateway.address) as link, gateway.database.connection() as connection:
        link.bytes_per_s = LINK_BYTES_PER_S
        shell.environment["KOMPANG_GATEWAY_ADDRESS"] = link.address
        process = await shell.begin(*args, "--again")

        async def begun() -> bool:
            return bool(await connection.fetchval("SELECT byte_offset > 0 FROM import"))

        await eventually(begun, within_s=30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 30)
        link.bytes_per_s = None
        option, request_id = err.decode().strip().split()[-2:]
        assert option == "--request-id"
        code, out, _ = await shell.run(*args, option, request_id)
        assert (code, json.loads(out)["counts"]["created"]) == (0, ROWS)
        assert await connection.fetchval("SELECT count(*) FROM import") == 1


async def test_refused_rows_are_corrected_and_imported_with_the_same_options(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\u59d3\u540d\t\u624b\u673a\n\u738b\u5c0f\u660e\t6.01E+10\n".encode("gb18030"))
    args = ("--country", "MY", "--encoding", "gb18030", "--delimiter", "\\t", "--output", "json")
    code, out, _ = await shell.run(str(path), *args)
    assert (code, json.loads(out)["counts"]["refused"]) == (0, 1)
    refused = tmp_path / "list.txt.refused.csv"
    refused.write_text(refused.read_text("utf-8-sig").replace("6.01E+10", "0123456789"), "utf-8-sig")
    code, out, _ = await shell.run(str(refused), *args)
    assert (code, json.loads(out)["counts"]["created"]) == (0, 1)


async def test_one_readable_line_and_an_exit_code(shell: Shell, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("phone\n+60123456789\n")
    bad.write_text("Name,City\nAli,Ipoh\n")
    workbook = tmp_path / "leads.xls"
    workbook.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    away = Shell("127.0.0.1:1", "kpg_a_0123456789abcdef0123")
    stranger = Shell(shell.environment["KOMPANG_GATEWAY_ADDRESS"], "kpg_a_0123456789abcdef0123")
    none = Shell("", "")
    del none.environment["KOMPANG_API_KEY"]
    for expected, who, args, told in (
        (1, shell, (str(bad),), "found: Name, City"),
        (1, shell, (str(workbook),), "is an old Excel workbook; in Excel, choose Save As and `CSV UTF-8"),
        (1, shell, (str(good), "--country", "XX"), "start.options.country"),
        (1, shell, (str(good), "--trigger", "NOPE"), "start.options.trigger"),
        (1, stranger, (str(good),), "API key"),
        (2, shell, (str(tmp_path / "absent.csv"),), "absent.csv"),
        (2, shell, (str(good), "--map", "phone"), "FIELD=COLUMN"),
        (2, shell, (str(good), "--consent", "Yes"), "--consent-source"),
        (2, none, (str(good),), "KOMPANG_API_KEY"),
        (3, away, (str(good), "--patience-s", "0"), "go on with the same command"),
    ):
        code, out, err = await who.run(*args)
        assert (code, out) == (expected, ""), (args, err)
        assert told in " ".join(err.replace("│", " ").split()), err
        assert "Traceback" not in err
        if expected != 2:
            assert len(err.strip().splitlines()) == 1
