"""What a caller may set of a campaign, between the proto and the table."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from gateway import names
from gateway.campaigns.filter import Compiled, compiled, parse
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import OnUnknown
from kompang.v1.wording_pb2 import Variation

# What update_mask may name, and what is taken when it is empty.
FIELDS = (
    "display_name",
    "text",
    "audience",
    "min_delay",
    "max_delay",
    "variation",
    "on_unknown",
    "on_late",
    "late_tolerance",
)
_AUDIENCE = ("filter", "lead_ids")

# As of a device: what is said of one delay alone is completed by these.
_MIN = timedelta(seconds=5)
_MAX = timedelta(seconds=15)
_LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Draft:
    """Names as in the table; no delays: each device's own. `lead_ids` as named, None for a filter."""

    display_name: str
    text: str
    filter: str
    lead_ids: tuple[int, ...] | None
    min_delay: timedelta | None
    max_delay: timedelta | None
    variation: str | None
    on_unknown: str
    on_late: str
    late_tolerance: timedelta

    @classmethod
    def of(cls, campaign: pb.Campaign) -> "Draft":
        """Of a checked request: its filter can be parsed."""
        audience = campaign.audience
        is_list = audience.WhichOneof("audience") == "leads"
        least, most = _delays(campaign)
        return cls(
            display_name=campaign.display_name,
            text=campaign.text,
            filter=audience.filter.strip(),
            lead_ids=tuple(map(names.number, audience.leads.leads)) if is_list else None,
            min_delay=least,
            max_delay=most,
            variation=_word(Variation, campaign.variation, "VARIATION_", "") or None,
            on_unknown=_word(OnUnknown, campaign.on_unknown, "ON_UNKNOWN_", "hold"),
            on_late=_word(pb.Campaign.OnLate, campaign.on_late, "ON_LATE_", "send"),
            late_tolerance=campaign.late_tolerance.ToTimedelta()
            if campaign.HasField("late_tolerance")
            else _LATE,
        )

    @property
    def compiled(self) -> Compiled | None:
        """What Postgres is asked; None for everybody."""
        tree = parse(self.filter)
        return None if tree is None else compiled(tree)

    def changed(self, given: "Draft", wanted: frozenset[str]) -> "Draft":
        """The same with the wanted fields of another."""
        taken = [
            field.name
            for field in fields(self)
            if field.name in wanted or (field.name in _AUDIENCE and "audience" in wanted)
        ]
        return replace(self, **{name: getattr(given, name) for name in taken})


def masked(request: pb.UpdateCampaignRequest) -> frozenset[str]:
    """The fields an update is to change: those of the mask, or those that are set without one."""
    paths = request.update_mask.paths
    if "*" in paths:
        return frozenset(FIELDS)
    set_fields = {field.name for field, _ in request.campaign.ListFields()}
    wanted = frozenset(paths or set_fields.intersection(FIELDS))
    # One delay completes the other.
    return wanted | {"min_delay", "max_delay"} if wanted & {"min_delay", "max_delay"} else wanted


def _delays(campaign: pb.Campaign) -> tuple[timedelta | None, timedelta | None]:
    has_least, has_most = campaign.HasField("min_delay"), campaign.HasField("max_delay")
    if not has_least and not has_most:
        return None, None
    least, most = campaign.min_delay.ToTimedelta(), campaign.max_delay.ToTimedelta()
    return (least if has_least else min(_MIN, most)), (most if has_most else max(_MAX, least))


def _word(kind: Any, value: Any, prefix: str, otherwise: str) -> str:
    """`ON_LATE_DROP` here is `drop` in the database; nothing said is `otherwise`."""
    return str(kind.Name(value)).removeprefix(prefix).lower() if value else otherwise
