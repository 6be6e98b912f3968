"""How large the day is: read from the environment, here and nowhere else in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.demo.settings import whole


@dataclass(frozen=True)
class DaySettings:
    """Every field is an environment variable `DAY_<FIELD>`."""

    leads: int = 300
    """Rows of the list that can be used."""
    devices: int = 12
    hosts: int = 3

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "DaySettings":
        """Raises BadInput, naming the variable."""
        return cls(
            leads=whole(environ, "DAY_LEADS", 20_000, cls.leads, least=24),
            devices=whole(environ, "DAY_DEVICES", 500, cls.devices, least=2),
            hosts=whole(environ, "DAY_HOSTS", 32, cls.hosts, least=2),
        )
