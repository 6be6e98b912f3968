"""Pure: what is wrong with a campaign as a caller wrote it."""

from collections.abc import Iterator

from gateway.campaigns.filter import FilterError, parse
from gateway.checking import check_name
from gateway.resource import UpdateMask
from kompang.v1 import campaigns_pb2 as pb
from services.content.template import Template, TemplateError
from services.runtime.errors import Violation

# The fields that update_mask may name; an empty mask names those of them that the request sets.
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
MASK = UpdateMask(FIELDS, kept_as={"audience": ("filter", "lead_ids")})

# As in the other requests; here the proto cannot say it, since CreateCampaign leaves the name empty.
_NAME = "^campaigns/[1-9][0-9]{0,8}$"

# The proto lets some more through, so that the caller is told the remedy.
MOST_LISTED = 50_000


def check_create(request: pb.CreateCampaignRequest) -> list[Violation]:
    """The rules that code knows for CreateCampaign."""
    return list(_check(request.campaign))


def check_update(request: pb.UpdateCampaignRequest) -> list[Violation]:
    """The rules that code knows for UpdateCampaign."""
    return [
        *_check(request.campaign),
        *check_name("campaign.name", request.campaign.name, _NAME),
        *MASK.check(request.update_mask.paths),
    ]


def _check(campaign: pb.Campaign) -> Iterator[Violation]:
    try:
        Template.parse(campaign.text)
    except TemplateError as error:
        text = f"{error}; write {{name}}, {{attr.KEY}} or plain text"
        yield Violation("campaign.text", text)
    if campaign.HasField("min_delay") and campaign.HasField("max_delay"):
        least, most = campaign.min_delay, campaign.max_delay
        if (most.seconds, most.nanos) < (least.seconds, least.nanos):
            yield Violation("campaign.max_delay", "is less than min_delay; make it the same or more")
    audience = campaign.audience
    if audience.WhichOneof("audience") == "leads" and not audience.leads.leads:
        text = "names no lead; name some, or use a filter (lead_count is for responses only)"
        yield Violation("campaign.audience.leads", text)
    if len(audience.leads.leads) > MOST_LISTED:
        text = (
            f"names {len(audience.leads.leads):,} leads and a list has at most {MOST_LISTED:,}; give them an"
            " attribute, with an import for instance, and use a filter"
        )
        yield Violation("campaign.audience.leads", text)
    try:
        parse(audience.filter)
    except FilterError as error:
        yield Violation("campaign.audience.filter", str(error))
