"""Arguments and options of `kompang sequences`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.names import named


class Shape(StrEnum):
    """For people, for programs, or for `apply`."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Name = Annotated[
    str, typer.Argument(callback=named("sequences"), metavar="NAME", help="cold, or sequences/cold.")
]
