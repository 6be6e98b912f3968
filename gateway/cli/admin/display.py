"""Keys and refused log-ins, on a terminal and as JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from gateway.admin.model import FailedLogins, ListedKey, MadeKey
from gateway.auth.scopes import SCOPES
from gateway.cli.output import Output, console, echo

_STYLES = {"active": "green", "expired": "yellow", "revoked": "red"}


def show_made(made: MadeKey, output: Output, before: str = "") -> None:
    """The key itself, this once."""
    if output is Output.JSON:
        text = {"account": made.account, "apiKey": made.key.text, "scopes": made.scopes}
        _print_json([text | {"expireTime": _time(made.expires_at)}])
    else:
        expires = f"expires {_moment(made.expires_at)} UTC" if made.expires_at else "never expires"
        echo(f"{before}API key {made.key.text}\n{expires}\nKeep the key now: only its hash is stored.")


def show_keys(keys: Sequence[ListedKey], output: Output) -> None:
    """A line each."""
    if output is Output.JSON:
        return _print_json(map(_key, keys))
    table = Table(
        "key", "account", "label", "state", "scopes", "created (UTC)", "expires", "last used",
        box=None, header_style="dim", pad_edge=False,
    )  # fmt: skip
    for each in keys:
        scopes = "all" if set(each.scopes) >= set(SCOPES) else " ".join(each.scopes)
        state = Text(each.state, _STYLES[each.state])
        expires, used = _moment(each.expires_at) or "never", _moment(each.last_used_at) or "never"
        created = _moment(each.created_at)
        table.add_row(each.public_id, each.account, Text(each.label), state, scopes, created, expires, used)
    return console().print(table)


def show_failures(failed: Sequence[FailedLogins], output: Output) -> None:
    """A line for each address and reason."""
    if output is Output.JSON:
        return _print_json(map(_failure, failed))
    table = Table(
        "from",
        "reason",
        "count",
        "last key",
        "last (UTC)",
        "first",
        box=None,
        header_style="dim",
        pad_edge=False,
    )
    for each in failed:
        key = f"{each.last_public_id} {each.key_state}".strip()
        table.add_row(
            each.peer, each.reason, f"{each.count:,}", key, _moment(each.last_at), _moment(each.first_at)
        )
    return console().print(table)


def _key(key: ListedKey) -> dict[str, Any]:
    return {
        "publicId": key.public_id,
        "account": key.account,
        "label": key.label,
        "state": key.state,
        "scopes": key.scopes,
        "createTime": _time(key.created_at),
        "expireTime": _time(key.expires_at),
        "revokeTime": _time(key.revoked_at),
        "lastUseTime": _time(key.last_used_at),
    }


def _failure(failed: FailedLogins) -> dict[str, Any]:
    return {
        "peer": failed.peer,
        "reason": failed.reason,
        "count": failed.count,
        "publicId": failed.last_public_id,
        "keyState": failed.key_state,
        "firstTime": _time(failed.first_at),
        "lastTime": _time(failed.last_at),
    }


def _print_json(lines: Iterable[dict[str, Any]]) -> None:
    """Times are there when they are set, as everywhere."""
    for line in lines:
        typer.echo(json.dumps({name: value for name, value in line.items() if value is not None}))


def _time(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""
