"""`kompang leads import` as a marketer runs it."""

import asyncio
import csv
import json
import signal
from pathlib import Path

import pytest

import gateway.imports.running.run as imports_run
from gateway.imports.running.pipeline import BATCH_ROWS
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.eventually import eventually
from tests.support.importing import rows_of
from tests.support.proxy import proxied
from tests.support.shell import Ended, Shell
from tests.support.slowness import patient

KEY = "kpg_a_0123456789abcdef0123"
ROWS = 2_000
# Long rows: of few of them the command makes several pieces too.
TEXT = "name,phone,city\n" + rows_of(ROWS).replace("Ipoh", "Ipoh" + " by the river" * 35)
# The file takes seconds, however fast the gateway is, so that whoever stops it finds it under way.
LINK_BYTES_PER_S = 250_000


class Importer:
    """Who imports files for one account."""

    def __init__(self, shell: Shell) -> None:
        self.environment = shell.environment
        self._shell = shell

    async def begin(self, *args: str) -> asyncio.subprocess.Process:
        return await self._shell.begin("leads", "import", *args)

    async def run(self, *args: str) -> Ended:
        return await self._shell.run("leads", "import", *args)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each piece the gateway makes batches."""
    monkeypatch.setattr(imports_run, "BATCH_ROWS", BATCH_ROWS // 10)


@pytest.fixture
async def importer(gateway: Gateway) -> Importer:
    key = await gateway.key("acme")
    await Client(gateway.channel, key).linked(2)
    return Importer(Shell.of(gateway.address, key))


async def test_a_file_is_imported(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Contact,Who\n012-345 6789,Siti\n6.01E+10,Ali\n")
    args = (str(path), "--country", "MY", "--map", "phone=Contact", "--map", "name=Who",
            "--consent", "Yes, write to me", "--consent-source", "counter")  # fmt: skip
    code, out, err = await importer.run(*args)
    assert (code, err) == (0, "")
    assert "2 rows: 1 created, 0 updated, 0 unchanged, 0 duplicate, 1 refused" in out
    assert "PHONE_SCIENTIFIC" in out
    rows = list(csv.reader((tmp_path / "list.csv.refused.csv").read_text("utf-8-sig").splitlines()))
    assert [row[:3] for row in rows] == [["Contact", "Who", "refused_line"], ["6.01E+10", "Ali", "3"]]
    code, out, err = await importer.run(*args, "--again", "--output", "json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["counts"] == {
        "created": 0, "updated": 0, "unchanged": 1, "duplicate": 0, "refused": 1,
        "refusedByReason": {"PHONE_SCIENTIFIC": 1}, "withoutConsent": 0, "suppressed": 0, "optedOut": 0,
    }  # fmt: skip
    assert told["refusedFile"] == f"{path}.refused.csv"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
async def test_the_same_command_resumes_a_stopped_import(
    importer: Importer, gateway: Gateway, tmp_path: Path, stop: signal.Signals
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(TEXT)
    args = (str(path), "--country", "MY", "--output", "json")
    async with proxied(gateway.address) as link, gateway.database.connection() as connection:
        link.bytes_per_s = LINK_BYTES_PER_S
        importer.environment["KOMPANG_GATEWAY_ADDRESS"] = link.address
        process = await importer.begin(*args)

        async def begun() -> bool:
            return bool(await connection.fetchval("SELECT byte_offset > 0 FROM import"))

        await eventually(begun, within_s=30)
        assert process.returncode is None
        process.send_signal(stop)
        out, err = await asyncio.wait_for(process.communicate(), patient(30))
        assert out == b""
        if stop is signal.SIGINT:
            assert process.returncode == 130
            assert "resume with the same command" in err.decode()
            assert len(err.decode().strip().splitlines()) == 1
        assert 0 < await connection.fetchval("SELECT count(*) FROM lead") < ROWS
        link.bytes_per_s = None
        code, out2, _ = await importer.run(*args)
        assert code == 0
        told = json.loads(out2)
        assert (told["rows"], told["counts"]["created"]) == (ROWS, ROWS)
        # The same command once more only prints the result.
        assert json.loads((await importer.run(*args))[1]) == told
        assert await connection.fetchval("SELECT count(*) FROM import") == 1
        assert await connection.fetchval("SELECT count(*) FROM lead") == ROWS


async def test_an_import_once_more_is_resumed_by_its_request_id(
    importer: Importer, gateway: Gateway, tmp_path: Path
) -> None:
    """`--again` makes a new import each time: only its request_id says which one to resume."""
    path = tmp_path / "list.csv"
    path.write_text(TEXT)
    args = (str(path), "--country", "MY", "--output", "json")
    async with proxied(gateway.address) as link, gateway.database.connection() as connection:
        link.bytes_per_s = LINK_BYTES_PER_S
        importer.environment["KOMPANG_GATEWAY_ADDRESS"] = link.address
        process = await importer.begin(*args, "--again")

        async def begun() -> bool:
            return bool(await connection.fetchval("SELECT byte_offset > 0 FROM import"))

        await eventually(begun, within_s=30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), patient(30))
        link.bytes_per_s = None
        option, request_id = err.decode().strip().split()[-2:]
        assert option == "--request-id"
        code, out, _ = await importer.run(*args, option, request_id)
        assert (code, json.loads(out)["counts"]["created"]) == (0, ROWS)
        assert await connection.fetchval("SELECT count(*) FROM import") == 1


async def test_refused_rows_are_corrected_and_imported_with_the_same_options(
    importer: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\u59d3\u540d\t\u624b\u673a\n\u738b\u5c0f\u660e\t6.01E+10\n".encode("gb18030"))
    args = ("--country", "MY", "--encoding", "gb18030", "--delimiter", "\\t", "--output", "json")
    code, out, _ = await importer.run(str(path), *args)
    assert (code, json.loads(out)["counts"]["refused"]) == (0, 1)
    refused = tmp_path / "list.txt.refused.csv"
    refused.write_text(refused.read_text("utf-8-sig").replace("6.01E+10", "0123456789"), "utf-8-sig")
    code, out, _ = await importer.run(str(refused), *args)
    assert (code, json.loads(out)["counts"]["created"]) == (0, 1)


async def test_who_may_not_read_a_list_may_not_read_its_refused_rows(
    importer: Importer, tmp_path: Path
) -> None:
    path, others = tmp_path / "list.csv", tmp_path / "others"
    path.write_text("phone,name\n+60123456789,Siti\n12,Ali\n")
    path.chmod(0o600)
    others.write_text("theirs")
    (tmp_path / "list.csv.refused.csv.part").symlink_to(others)
    assert (await importer.run(str(path))).code == 0
    refused = tmp_path / "list.csv.refused.csv"
    assert (refused.stat().st_mode & 0o777, refused.is_symlink()) == (0o600, False)
    assert (others.read_text(), "Ali" in refused.read_text()) == ("theirs", True)


async def test_one_readable_line_and_an_exit_code(importer: Importer, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("phone\n+60123456789\n")
    bad.write_text("Name,City\nAli,Ipoh\n")
    workbook = tmp_path / "leads.xls"
    workbook.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    away = Importer(Shell.of("127.0.0.1:1", KEY))
    stranger = Importer(Shell.of(importer.environment["KOMPANG_GATEWAY_ADDRESS"], KEY))
    none = Importer(Shell(KOMPANG_GATEWAY_ADDRESS=""))
    for expected, who, args, told in (
        (1, importer, (str(bad),), "found: Name, City"),
        (1, importer, (str(workbook),), "is an old Excel workbook; in Excel, choose Save As and `CSV UTF-8"),
        (1, importer, (str(good), "--country", "XX"), "start.options.country"),
        (1, importer, (str(good), "--trigger", "NOPE"), "start.options.trigger"),
        (1, stranger, (str(good),), "API key"),
        (2, importer, (str(tmp_path / "absent.csv"),), "absent.csv"),
        (2, importer, (str(good), "--map", "phone"), "COLUMN=FIELD"),
        (2, importer, (str(good), "--consent", "Yes"), "--consent-source"),
        (2, none, (str(good),), "KOMPANG_API_KEY"),
        (3, away, (str(good), "--patience-s", "0"), "resume with the same command"),
    ):
        code, out, err = await who.run(*args)
        assert (code, out) == (expected, ""), (args, err)
        assert told in " ".join(err.replace("│", " ").split()), err
        assert "Traceback" not in err
        if expected != 2:
            assert len(err.strip().splitlines()) == 1


async def test_a_dry_run_and_a_list_of_those_who_are_left_alone(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Name,Phone,Opt Out\nAna,0123450101,No\nBen,0123450102,Yes\nCid,12,\n")
    code, out, err = await importer.run(str(path), "--country", "MY", "--dry-run")
    assert (code, err) == (0, "")
    assert "opt-out: yes is suppressed" in out
    assert "1 would be suppressed" in out
    assert "nothing was written" in out
    assert "Ana" not in out
    shell = Shell(**importer.environment)
    assert (await shell.run("leads", "list"))[1].count("leads/") == 0
    code, out, err = await shell.run("leads", "suppress", str(path), "--country", "MY")
    assert (code, err) == (0, "")
    assert "3 rows: 2 suppressed now, 0 suppressed before, 0 duplicate, 1 refused" in out
    code, out, err = await shell.run("leads", "undo-suppressions", "imports/1")
    assert (code, out, err) == (0, "2 suppressions of imports/1 removed\n", "")
    code, out, err = await importer.run(str(path), "--map", "name=consent")
    assert (code, out) == (2, "")
    assert "two ways" in err
