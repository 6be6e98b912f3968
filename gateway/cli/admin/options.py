"""Arguments and options of `kompang admin`."""

import re
from typing import Annotated

import typer

from gateway.auth.scopes import SCOPES

ALL_SCOPES = ",".join(SCOPES)
# As the table demands.
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}")


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise typer.BadParameter("up to 63 lower-case letters, digits and hyphens, the first a letter")
    return value


def _scopes(value: str) -> str:
    unknown = set(value.split(",")) - {*SCOPES}
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}")
    return value


Slug = Annotated[str, typer.Argument(callback=_slug, help="The name of the account, for good.")]
Scopes = Annotated[str, typer.Option(callback=_scopes, help="What the key may do, separated by commas.")]
