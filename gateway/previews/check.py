"""Pure: what is wrong with a request for a preview."""

from gateway.wording.check import check_greetings, check_text
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import Violation


def check_preview(request: pb.PreviewStepRequest) -> list[Violation]:
    """The rules that code knows for PreviewStep."""
    found = [*check_greetings("draft.greetings", request.draft.greetings)]
    if request.WhichOneof("source") == "draft":
        found += check_text("draft.text", request.draft.text)
    return found
