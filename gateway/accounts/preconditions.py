"""What the account of the caller forbids, in words with the remedy."""

from gateway import names
from gateway.accounts.model import Draft, Stored
from services.consent.meaning import clash
from services.runtime.errors import InvalidArgument, NotFound, Violation

_OWN = "-"


def refuse_other(name: str, stored: Stored, field: str) -> None:
    """Raises `NotFound` for the name of an account that is not the caller's."""
    if names.slug(name) not in (_OWN, stored.slug):
        raise NotFound(
            f"{field}: {name} is not the account of this API key; use accounts/-", field=field, resource=name
        )


def refuse_clash(draft: Draft) -> None:
    """Raises `InvalidArgument` when a word of the account, as it would become, means two things."""
    word = clash(draft.stop_words, draft.start_words)
    if word is not None:
        field = "account.stop_words" if word in draft.stop_words else "account.start_words"
        text = f"has {word!r}, which means the opposite as well; take it out of one of the two lists"
        raise InvalidArgument([Violation(field, text)])
