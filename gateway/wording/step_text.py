"""The text of a step together with the wording of its account, as the shard host renders them too."""

from dataclasses import dataclass, replace
from functools import lru_cache

from gateway.wording.wording import Greetings, Wording
from services.content import wording as content
from services.content.greeting import Greeting
from services.content.template import Template
from services.content.variation import Level
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition

_ID_BYTES = 8
# Greetings take up to 60 ms to parse and 3 MB to keep; the messages of one export share theirs.
_KEPT = 4


@dataclass(frozen=True)
class StepText:
    """`greetings` and `variation` are None where those of the account count."""

    text: str
    greetings: Greetings | None = None
    variation: str | None = None

    def with_wording(self, wording: Wording, key: bytes = b"") -> content.Wording:
        """The text, ready to render. `key` is that of the cluster.

        Raises `FailedPrecondition` for a text that cannot be parsed: another version of Kompang saved it.
        """
        try:
            return self._parsed(wording, key)
        except ValueError as error:
            raise FailedPrecondition(
                f"this text cannot be rendered any more: {error}", reason=Reason.TEXT_UNRENDERABLE
            ) from error

    def _parsed(self, wording: Wording, key: bytes) -> content.Wording:
        greetings = wording.greetings if self.greetings is None else self.greetings
        variation = wording.variation
        if self.variation is not None:
            variation = replace(variation, level=Level(self.variation))
        return content.Wording(
            Template.parse(self.text),
            _greetings(greetings),
            footer=wording.footer,
            variation=variation,
            fallback=wording.fallback,
            key=key,
        )


@lru_cache(maxsize=_KEPT)
def _greetings(greetings: Greetings) -> tuple[Greeting, ...]:
    """Raises `TemplateError`."""
    return tuple(each.parsed for each in greetings)


def seed(message_id: int) -> bytes:
    """The seed of the random choices in a message's text."""
    return message_id.to_bytes(_ID_BYTES, "big")
