"""Arguments and options of `kompang leads`."""

from typing import Annotated

import typer

from gateway.cli.names import named

Lead = Annotated[str, typer.Argument(callback=named("leads"), metavar="LEAD", help="leads/5, or 5.")]
Device = Annotated[str, typer.Option(callback=named("devices"), help="Only of this device: devices/12.")]
