"""The forecast counts the messages of a person as `person_free` of the hand does, and what is planned."""

import re

from gateway.campaigns.forecast import store
from infra.reference.functions import MIGRATIONS, functions

_STATES = re.compile(r"m\.state IN \(([^)]*)\)\s*OR \((m\.state = 'failed' AND m\.reason = 'gave_up')\)")
_WINDOWS = re.compile(r"\[(?:\w+\.)?(person_)?(\w+_cap)\] \+ interval '(\d+ hours)'")


def _counted(text: str) -> tuple[set[str], set[tuple[str, str]]]:
    [(states, _)] = _STATES.findall(text)
    return set(states.split(", ")), {(cap, window) for _, cap, window in _WINDOWS.findall(text)}


def test_the_forecast_counts_as_the_hand() -> None:
    [*_, newest] = functions()["person_free"]
    text = (MIGRATIONS / newest).read_text()
    function = text.split("FUNCTION kompang.person_free(", 1)[1].split("$$;", 1)[0]
    states, windows = _counted(function)
    forecast_states, forecast_windows = _counted(store._SQL.forecast)
    assert forecast_states == states | {"'pending'"}
    assert forecast_windows == windows == {("daily_cap", "24 hours"), ("weekly_cap", "168 hours")}
    for condition in ("NOT m.is_confirmation", "m.scheduled_at > now() - interval '4 weeks'"):
        assert condition in function
        assert condition in store._SQL.forecast
