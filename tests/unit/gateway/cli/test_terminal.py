"""What people wrote is text on a terminal, and nothing that the terminal obeys."""

import ast
import io
import json
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

import gateway.cli
from gateway.cli.output import Pipe, echo, print_json
from gateway.cli.terminal import escaped
from kompang.v1 import leads_pb2

# The clipboard, the title, a row hidden, a row overwritten, a line turned around, the same in C1.
ATTACKS = (
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;title\x07",
    "\x1b[8m",
    "\x1b[1A\x1b[2K\r",
    "\u202e",
    "\x9b2J",
    "\u2066\u2028",
)
OBEYED = {*"\x1b\x07\r\x9b\u202e\u2066\u2028"}
# An emoji of a family, Persian with a joiner, an accent of its own: what a name may need.
KEPT = "\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e e\u0301"


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_table_shows_it_and_the_terminal_does_not_obey(attack: str) -> None:
    table = Table("name")
    table.add_row(Text(f"Siti{attack}Nur", "bold red"))
    table.add_row(KEPT)
    table.add_row(f"Siti{attack}Nur")
    plain, colored = io.StringIO(), io.StringIO()
    Pipe(file=plain, width=80).print(table, Text(attack), attack)
    assert not OBEYED & {*plain.getvalue()}
    assert KEPT in plain.getvalue()
    Pipe(file=colored, width=80, force_terminal=True, color_system="standard").print(table)
    # Nothing but colors.
    rest = colored.getvalue().replace("\x1b[1;31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert not OBEYED & {*rest}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_line_shows_it_and_json_keeps_it(attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    echo(f"Siti{attack}Nur")
    assert not OBEYED & {*capsys.readouterr().out}
    print_json(leads_pb2.Lead(display_name=f"Siti{attack}"))
    line = capsys.readouterr().out
    assert not OBEYED & {*line}
    assert json.loads(line)["displayName"] == f"Siti{attack}"
    assert escaped(json.dumps(KEPT, ensure_ascii=False)) == json.dumps(KEPT, ensure_ascii=False)


# They tell counts, names that the gateway gave, and what the caller typed.
OF_NOBODY = {
    "account/display.py",
    "admin/hashes.py",
    "admin/quarantine.py",
    "app.py",
    "completion.py",
    "leads/commands.py",
    "leads/imports/commands.py",
    "leads/imports/report.py",
    "leads/imports/suppress.py",
    "prompt.py",
}


def test_what_is_told_of_others_goes_through_echo() -> None:
    root = Path(gateway.cli.__file__).parent
    found = set()
    for path in sorted(root.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "typer.echo" and call.args:
                said = ast.unparse(call.args[0])
                if not (isinstance(call.args[0], ast.Constant) or "json.dumps" in said or "safe(" in said):
                    found.add(str(path.relative_to(root)))
    assert found <= OF_NOBODY, "print it with gateway.cli.output.echo"
