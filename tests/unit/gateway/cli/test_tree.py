"""What holds for every command, however many there will be."""

from pathlib import Path

import pytest

from tests.support.command_tree import GROUPS, LEAVES, ROOT

MANUAL = Path(__file__).parents[4] / "docs" / "command.md"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_is_for_programs_too(path):
    [output] = [each for each in LEAVES[path].params if each.name == "output"]
    assert "--output" in output.opts
    assert output.default == "text"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_and_option_says_what_it_is_for(path):
    command = LEAVES[path]
    first = (command.help or "").strip().partition("\n")[0]
    assert first.endswith((".", ":"))
    silent = [each.name for each in command.params if each.name != "help" and not getattr(each, "help", "")]
    assert silent == []


@pytest.mark.parametrize("option", ["lead", "device", "campaign"])
def test_a_number_alone_is_a_name_wherever_one_is_asked_for(option):
    found = [
        (path, each)
        for path, command in LEAVES.items()
        for each in command.params
        if f"--{option}" in each.opts or each.metavar == option.upper()
    ]
    assert len(found) > 1
    for path, each in found:
        context = LEAVES[path].context_class(LEAVES[path])
        assert each.process_value(context, "5") == f"{option}s/5", path


def test_every_group_says_what_it_is_for():
    assert [path for path, group in GROUPS.items() if not (group.help or "").endswith(".")] == []


def test_the_exit_codes_stand_in_the_help_of_the_root():
    for told in ("0 done", "1 refused", "2 wrong usage", "3 the gateway", "130 interrupted"):
        assert told in str(ROOT.epilog)


def test_every_command_stands_in_the_manual_with_an_example():
    manual = MANUAL.read_text(encoding="utf-8")
    assert [path for path in LEAVES if f"`kompang {' '.join(path)}" not in manual] == []
