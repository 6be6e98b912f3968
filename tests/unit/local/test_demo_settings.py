"""The demo's size, as the environment says."""

from pathlib import Path

import pytest

from infra.local import sample
from infra.local.demo.settings import BadInput, DemoSettings


def test_an_empty_environment_gives_the_sample() -> None:
    settings = DemoSettings.read({})

    assert (settings.csv, settings.leads, settings.devices, settings.hosts) == (sample.LEADS, None, 60, 3)
    assert settings.kill_at == 0.5


def test_a_set_variable_changes_its_setting(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.touch()
    names = {
        "DEMO_CSV": str(path),
        "DEMO_LEADS": "7",
        "DEMO_DEVICES": "2",
        "DEMO_HOSTS": "4",
        "DEMO_KILL_AT": "0.1",
    }

    assert DemoSettings.read(names) == DemoSettings(path, 7, 2, 4, 0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO_LEADS", "0"),
        ("DEMO_LEADS", "ten"),
        ("DEMO_LEADS", "²"),
        ("DEMO_DEVICES", "-1"),
        ("DEMO_DEVICES", "3001"),
        ("DEMO_HOSTS", "2.5"),
        ("DEMO_KILL_AT", "nan"),
        ("DEMO_KILL_AT", "1.1"),
        ("DEMO_HOUR_S", "fast"),
        ("DEMO_COUNTRY", "Malaysia"),
        ("DEMO_TRACEABLE", "2"),
        ("DEMO_CSV", "/nowhere/leads.csv"),
    ],
)
def test_an_impossible_value_is_refused_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        DemoSettings.read({name: value})
