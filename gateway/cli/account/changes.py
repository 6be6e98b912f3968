"""The changes that `kompang account update` makes to an account as it is."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.cli.account.options import quiet_hours, weekdays
from gateway.cli.yaml.greetings import greetings
from gateway.cli.yaml.reader import Reader, is_null
from gateway.cli.yaml.words import number_of
from kompang.v1 import accounts_pb2 as pb
from kompang.v1 import wording_pb2

_PLAIN = ("display_name", "timezone", "language", "country", "stop_confirmation")
_CAPS = ("per_day", "per_week")
_WORDS = ("stop_words", "start_words", "holiday_regions")
_WORDING = ("fallback_name", "footer", "full_stop", "comma", "space", "greeting_case")


@dataclass
class Changes:
    """The options; None where one was not given. `paths` are the fields of the account that change."""

    given: dict[str, object]
    paths: list[str] = field(default_factory=list)

    def upon(self, account: pb.Account) -> None:
        """Changes it. Raises `FileRefused` for a file of greetings that cannot be taken, and `OSError`."""
        for name in self._given(_PLAIN):
            setattr(account, name, self.given[name])
            self.paths.append(name)
        for name in self._given(_CAPS):
            setattr(account.frequency_cap, name, self.given[name])
            self._add("frequency_cap")
        for name in self._given(_WORDS):
            words = self.given[name]
            account.ClearField(name)
            getattr(account, name).extend(word for word in words if word)  # type: ignore[attr-defined]
            self._add(name)
        self._change_quiet_hours(account)
        self._change_quiet_days(account)
        self._change_wording(account.wording)

    def _change_quiet_hours(self, account: pb.Account) -> None:
        for name in self._given(("quiet_hours",)):
            account.ClearField("quiet_hours")
            if found := quiet_hours(str(self.given[name])):
                account.quiet_hours.start, account.quiet_hours.end = found
            self._add("quiet_hours")

    def _change_quiet_days(self, account: pb.Account) -> None:
        for name in self._given(("quiet_weekdays",)):
            account.ClearField("quiet_weekdays")
            account.quiet_weekdays.extend(weekdays(str(self.given[name])))  # type: ignore[arg-type]
            self._add(name)
        days = {one.date: one for one in account.days}
        for name in self._given(("quiet_day", "working_day", "forget_day")):
            for value in self.given[name]:  # type: ignore[attr-defined]
                day, _, text = value.partition("=")
                days[day] = pb.AccountDay(date=day, display_name=text, working=name == "working_day")
                if name == "forget_day":
                    del days[day]
            self._add("days")
        account.ClearField("days")
        account.days.extend(days.values())

    def _change_wording(self, wording: wording_pb2.Wording) -> None:
        for name in self._given(_WORDING):
            setattr(wording, name, self.given[name])
            self._add("wording")
        for name in self._given(("variation",)):
            wording.variation = number_of(wording_pb2.Variation, str(self.given[name]))
            self._add("wording")
        for name in self._given(("greetings",)):
            _change_greetings(wording, Path(str(self.given[name])))
            self._add("wording")

    def _given(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if self.given.get(name) is not None]

    def _add(self, path: str) -> None:
        if path not in self.paths:
            self.paths.append(path)


def _change_greetings(wording: wording_pb2.Wording, path: Path) -> None:
    """`greetings: null` is back to the product's own, `[]` is nothing at all."""
    reader = Reader.of(path)
    given = reader.mapping(reader.root(), "", ("greetings",))
    wording.ClearField("greetings")
    if "greetings" in given and not is_null(given["greetings"]):
        wording.greetings.CopyFrom(greetings(reader, given["greetings"], "greetings", {}))
    reader.refuse()
