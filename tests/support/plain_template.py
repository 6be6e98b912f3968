"""A template that adds nothing of its own to a text."""

from kompang.dispatch.v1 import dispatch_pb2 as pb


def plain(text: str) -> pb.Template:
    """Number 1; it says just that."""
    return pb.Template(template_id=1, text=text, greetings=pb.Greetings(), variation="none")
