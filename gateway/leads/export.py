"""Everything known about one lead, as the public API shows it."""

from collections.abc import Iterable

from gateway import wire
from gateway.leads.draft import Stored
from gateway.leads.shown import to_proto
from gateway.leads.store import Kept
from kompang.v1 import leads_pb2 as pb
from kompang.v1 import messages_pb2

_Export = pb.ExportLeadResponse


def exported(lead: Stored, kept: Kept, messages: Iterable[messages_pb2.Message]) -> pb.ExportLeadResponse:
    """In one answer: a chain has at most a thousand messages."""
    suppressed = kept.suppression
    return _Export(
        lead=to_proto(lead),
        consents=[
            pb.Consent(
                source=row["source"], wording=row["wording"], grant_time=wire.timestamp(row["granted_at"])
            )
            for row in kept.consents
        ],
        suppression=suppressed
        and _Export.Suppression(
            reason=suppressed["reason"], create_time=wire.timestamp(suppressed["created_at"])
        ),
        enrollments=[
            _Export.Enrollment(
                sequence=f"sequences/{row['slug']}",
                state=row["state"],
                reason=row["reason"],
                create_time=wire.timestamp(row["created_at"]),
                end_time=wire.timestamp(row["ended_at"]),
            )
            for row in kept.enrollments
        ],
        messages=messages,
        replies=[
            _Export.Reply(
                device=f"devices/{row['device_id']}",
                kind=row["kind"],
                receive_time=wire.timestamp(row["received_at"]),
            )
            for row in kept.replies
        ],
    )
