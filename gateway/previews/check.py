"""Pure: what is wrong with what somebody wants to see."""

from gateway import wire
from gateway.wording.check import check_greetings, check_text
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import Violation


def check_preview(request: pb.PreviewStepRequest) -> list[Violation]:
    """The rules that code knows for PreviewStep."""
    found = [*check_greetings("draft.greetings", request.draft.greetings)]
    if request.WhichOneof("source") == "draft":
        found += check_text("draft.text", request.draft.text)
    try:
        wire.moment(request.read_time)
    except ValueError:
        text = "is no time between the years 1 and 9999; send seconds since 1970 and nanos"
        found.append(Violation("read_time", text))
    return found
