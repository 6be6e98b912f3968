"""Arguments and options of `kompang devices`, and the fields of a device that they make."""

import re
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.durations import checked, parse_duration, to_proto
from gateway.cli.names import named
from kompang.v1 import devices_pb2 as pb

_WARM_UP = re.compile(r"([0-9]{1,6})(?:x([0-9]{1,2}(?:\.[0-9]{1,4})?))?")
_NONE = "none"


def _warm_up(value: str | None) -> str | None:
    if value not in (None, _NONE) and not _WARM_UP.fullmatch(value):
        raise typer.BadParameter("write it like 20 or 20x1.5 (on the first day, times a day), or none")
    return value


def _proxy(value: str | None) -> str | None:
    if value != "-":
        return value
    url = sys.stdin.readline().strip()
    if not url:
        raise typer.BadParameter("nothing came on standard input; write the URL there, or say none to end it")
    return url


Name = Annotated[str, typer.Argument(callback=named("devices"), metavar="DEVICE", help="devices/12, or 12.")]
DisplayName = Annotated[str | None, typer.Option("--name", help="A display name.")]
MinDelay = Annotated[
    str | None, typer.Option(callback=checked, help="The shortest gap between two sends, such as 5s.")
]
MaxDelay = Annotated[str | None, typer.Option(callback=checked, help="The longest gap, such as 15s.")]
DailyCap = Annotated[int | None, typer.Option(help="The most messages on one day; 0 for no cap.")]
FirstContactCap = Annotated[
    int | None, typer.Option("--first-contacts", help="The most new chats on one day; 0 for no cap.")
]
WarmUp = Annotated[
    str | None,
    typer.Option(
        callback=_warm_up,
        help="A cap that grows: 20x1.5 is 20 on the first day, 1.5 times as many each day; none.",
    ),
]


Label = Annotated[
    str | None,
    typer.Option(help="What its telephone shows among the linked devices, from its next link on."),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        callback=_proxy,
        metavar="URL",
        help="http://host:port or socks5://user:password@host:port; - reads it from standard input, so that"
        " no other user of this machine sees it; none ends it. It is never shown again.",
    ),
]


class Transport(StrEnum):
    """The network that a device sends through."""

    SIMULATED = "simulated"
    SIMULATED_TRACEABLE = "simulated_traceable"
    NEONIZE = "neonize"


class State(StrEnum):
    """What a device can do."""

    ACTIVE = "active"
    HELD = "held"
    PARKED = "parked"


@dataclass(frozen=True)
class DeviceOptions:
    """The options of one command; None where an option was not given."""

    display_name: str | None = None
    min_delay: str | None = None
    max_delay: str | None = None
    daily_cap: int | None = None
    warm_up: str | None = None
    first_contact_cap: int | None = None
    label: str | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def fields(self) -> list[str]:
        """The fields of a device whose options were given."""
        return [name for name, value in vars(self).items() if value is not None]

    def device(self, *, name: str = "", phone: str = "") -> pb.Device:
        """A device with these fields."""
        made = pb.Device(
            name=name,
            phone=phone,
            display_name=self.display_name,
            daily_cap=self.daily_cap,
            first_contact_cap=self.first_contact_cap,
            label=self.label,
            proxy="" if self.proxy == _NONE else self.proxy,
        )
        if self.min_delay is not None:
            made.min_delay.CopyFrom(to_proto(parse_duration(self.min_delay)))
        if self.max_delay is not None:
            made.max_delay.CopyFrom(to_proto(parse_duration(self.max_delay)))
        if self.warm_up not in (None, _NONE) and (found := _WARM_UP.fullmatch(self.warm_up)):
            growth = float(found[2]) if found[2] else None
            made.warm_up.CopyFrom(pb.WarmUp(first_day_count=int(found[1]), daily_growth=growth))
        return made
