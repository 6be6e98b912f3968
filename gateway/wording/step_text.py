"""A step's text in the wording that it is said with: what the shard host renders too."""

from dataclasses import dataclass, replace

from gateway.wording.wording import Greetings, Wording
from services.content import wording as content
from services.content.template import Template
from services.content.variation import Level
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition

_ID_BYTES = 8


@dataclass(frozen=True)
class Spoken:
    """A step; `greetings` and `variation` are None where it says what its account says."""

    text: str
    greetings: Greetings | None = None
    variation: str | None = None

    def said(self, wording: Wording, key: bytes = b"") -> content.Wording:
        """Ready to render. `key` is the cluster's.

        Raises `FailedPrecondition` for what was right when it was saved, so that another version saved it.
        """
        try:
            return self._said(wording, key)
        except ValueError as error:
            raise FailedPrecondition(
                f"this text cannot be rendered any more: {error}", reason=Reason.TEXT_UNRENDERABLE
            ) from error

    def _said(self, wording: Wording, key: bytes) -> content.Wording:
        greetings = wording.greetings if self.greetings is None else self.greetings
        variation = wording.variation
        if self.variation is not None:
            variation = replace(variation, level=Level(self.variation))
        return content.Wording(
            Template.parse(self.text),
            [each.parsed for each in greetings],
            footer=wording.footer,
            variation=variation,
            fallback=wording.fallback,
            key=key,
        )


def seed(message_id: int) -> bytes:
    """What a message's text is drawn from."""
    return message_id.to_bytes(_ID_BYTES, "big")
