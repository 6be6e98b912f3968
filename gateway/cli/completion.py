"""`--show-completion` and `--install-completion`: of the shell that is named, else of the one in `$SHELL`."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script
from typer._completion_shared import install as install_script

PROGRAM = "kompang"
OPTIONS = ("--show-completion", "--install-completion")
_VARIABLE = "_KOMPANG_COMPLETE"


class Shell(StrEnum):
    """Those that completion is for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def named(args: list[str]) -> list[str]:
    """With the shell put in where it was left out, if `$SHELL` tells it: an option takes a value or never."""
    if not args or args[0] not in OPTIONS or args[1:2]:
        return args
    shell = Path(os.environ.get("SHELL", "")).name
    return [*args, shell] if shell in {*Shell} else args


def _show(shell: Shell | None) -> None:
    if shell:
        script = get_completion_script(prog_name=PROGRAM, complete_var=_VARIABLE, shell=shell.value)
        typer.echo(script)
        raise typer.Exit


def _install(shell: Shell | None) -> None:
    if shell:
        _, path = install_script(shell=shell.value, prog_name=PROGRAM, complete_var=_VARIABLE)
        typer.echo(f"completion for {shell} is in {path}; it works in the next {shell} that you start")
        raise typer.Exit


Show = Annotated[
    Shell | None,
    typer.Option(OPTIONS[0], callback=_show, is_eager=True, help="Print the completion for a shell."),
]
Install = Annotated[
    Shell | None,
    typer.Option(OPTIONS[1], callback=_install, is_eager=True, help="Install the completion for a shell."),
]

# Registers the shells with typer, which answers them through the variable.
completion_init()
