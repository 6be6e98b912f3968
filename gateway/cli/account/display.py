"""An account on a terminal."""

from collections.abc import Iterable

import typer

from gateway.cli.yaml.greetings import as_tree
from gateway.cli.yaml.words import word_of
from kompang.v1 import accounts_pb2 as pb
from kompang.v1 import wording_pb2


def show_account(account: pb.Account) -> None:
    """A line for each setting."""
    typer.echo(account.name)
    wording = account.wording
    greetings = [_greeting(each) for each in as_tree(wording.greetings)] or ["none"]
    rows: dict[str, str] = {
        "name": account.display_name,
        "timezone": account.timezone,
        "language": account.language or "none",
        "country": account.country or "none",
        "quiet hours": _quiet_hours(account),
        "quiet days": ", ".join(map(_weekday, account.quiet_weekdays)) or "none",
        "holidays": _holidays(account),
        "per person": _caps(account.frequency_cap),
        "stop words": _words(account.stop_words),
        "start words": _words(account.start_words),
        "answer to STOP": account.stop_confirmation or "none",
        "greetings": f"\n{'':17}".join(greetings),
        "fallback": wording.fallback_name or "none",
        "footer": wording.footer or "none",
        "variation": _variation(wording),
    }
    for title, text in rows.items():
        if text:
            typer.echo(f"  {title:<14} {text}")


def _greeting(greeting: dict[str, object]) -> str:
    more = ", ".join(f"{key} {value}" for key, value in greeting.items() if key != "text")
    return f"{greeting['text']}  ({more})" if more else str(greeting["text"])


def _quiet_hours(account: pb.Account) -> str:
    if not account.HasField("quiet_hours"):
        return "none"
    return f"{account.quiet_hours.start} to {account.quiet_hours.end}"


def _weekday(day: int) -> str:
    return pb.Weekday.Name(day).removeprefix("WEEKDAY_").capitalize()


def _holidays(account: pb.Account) -> str:
    regions = ", ".join(account.holiday_regions) or "none"
    if not account.quiet_days:
        return regions
    return f"{regions}; next: {_day(account.quiet_days[0])} (`kompang account days` shows all)"


def show_days(account: pb.Account) -> None:
    """A line for each quiet day, then those on which the account works all the same."""
    for one in account.quiet_days:
        typer.echo(_day(one))
    for own in account.days:
        if own.working:
            typer.echo(f"{own.date}  messages are sent" + f": {own.display_name}" * bool(own.display_name))


def _day(day: pb.QuietDay) -> str:
    whose = day.holiday_region or "own day"
    return f"{day.date}  {day.display_name or '-'} ({whose}{', estimated' * day.estimated})"


def _caps(cap: pb.FrequencyCap) -> str:
    caps = [f"{cap.per_day} a day"] * bool(cap.per_day) + [f"{cap.per_week} a week"] * bool(cap.per_week)
    return ", ".join(caps) or "no cap"


def _words(words: Iterable[str]) -> str:
    return ", ".join(words) or "only those of every account"


def _variation(wording: wording_pb2.Wording) -> str:
    shares = {
        "full stop": wording.full_stop,
        "comma": wording.comma,
        "space": wording.space,
        "greeting case": wording.greeting_case,
    }
    listed = ", ".join(f"{name} {share:g}" for name, share in shares.items())
    return f"{word_of(wording_pb2.Variation, wording.variation)} ({listed})"
