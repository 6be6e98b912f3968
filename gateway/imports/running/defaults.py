"""What the options of an import say for rows with nothing of their own."""

from datetime import timedelta

from gateway import wire
from gateway.imports.model import Import
from gateway.imports.rows.mapper import Defaults
from gateway.leads.model import Consent
from gateway.phones import Notation
from kompang.v1 import imports_pb2 as pb

# Clocks differ: a permission given "just now" elsewhere may be a little ahead of us.
_SKEW = timedelta(minutes=1)
# Where dates are written with the month first.
_MONTH_FIRST = frozenset({"US", "PH"})


def make_defaults(options: pb.ImportOptions, begun: Import, country: str) -> Defaults:
    """`country`: the account's, for an import without one of its own."""
    country = options.country or country
    return Defaults(
        notation=Notation(country),
        trigger=options.trigger,
        consent=_consent(options, begun),
        is_dated=options.consent.HasField("grant_time"),
        month_first=country in _MONTH_FIRST,
        now=begun.created_at + _SKEW,
    )


def _consent(options: pb.ImportOptions, begun: Import) -> Consent | None:
    if not options.HasField("consent"):
        return None
    given = options.consent
    granted_at = wire.moment(given.grant_time) if given.HasField("grant_time") else begun.created_at
    return Consent(given.source, given.wording, granted_at)
