"""Resource names as people type them: `leads/5`, or just `5` where it can be nothing else."""

import re
from collections.abc import Callable

import typer

_FORMS = {
    "sequences": (re.compile(r"[a-z0-9-]{1,63}"), "cold"),
}
_NUMBER = (re.compile(r"[1-9][0-9]{0,17}"), "5")


def named(collection: str) -> Callable[[str], str]:
    """A callback for an option or an argument that names one of a collection; empty stays empty."""
    form, example = _FORMS.get(collection, _NUMBER)

    def check(value: str) -> str:
        bare = value.removeprefix(f"{collection}/")
        if value and not form.fullmatch(bare):
            raise typer.BadParameter(
                f"{value} is no name; write it like {collection}/{example}, or {example}"
            )
        return value and f"{collection}/{bare}"

    return check
