"""Clauses that sound like a stop and are said of something else than messages. Pure, linear.

Somebody wants to be put back after they had left by mistake, lost a message, leaves one course and stays in
another, is to be taken out of a booking, asks how to leave another service, refuses calls and wants to be
written to, threatens for the sake of a refund, wants the courier or a message at another time, or laughs.
Each needs words of its own (`subjects.toml`), of all languages together.
A clause is exempt alone: whatever else the reply says, stays; and one about messages is exempt for few of
these reasons only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.consent.grammar import Said
from services.consent.normal import Clause
from services.consent.subjects import subjects
from services.consent.vocabulary import vocabulary

_LAUGHING = frozenset("😂🤣😆😹😍🥰😋🤤😻")

Kinds = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Reply:
    """What all clauses say: their kinds together, what each says, and whether a face laughs."""

    kinds: Kinds
    heard: Sequence[Said]
    each: Sequence[Kinds]
    laughs: bool


def laughs(text: str) -> bool:
    """Whether a face in the text laughs, or loves what it sees."""
    return not _LAUGHING.isdisjoint(text)


def exempted(found: Sequence[Clause], heard: Sequence[Said], *, laughing: bool) -> list[Said]:
    """What the clauses say, where those that are exempt say that no stop is meant."""
    if not any(each.stops or each.perhaps or each.complains for each in heard):
        return list(heard)
    denials = vocabulary().denials
    each = [subjects().of([word.plain for word in clause.words], denials) for clause in found]
    reply = _Reply(frozenset().union(*each), heard, each, laughing)
    return [
        Said(denies=True, unknown=said.unknown) if _is_exempt(said, kinds, reply) else said
        for said, kinds in zip(heard, each, strict=True)
    ]


def insists(found: Sequence[Clause], heard: Sequence[Said]) -> bool:
    """`how many times must I say that I want no messages?`: who asks that says it once more."""
    if not any(each.names and each.is_denial and not each.invites for each in heard):
        return False
    kinds = [subjects().of([word.plain for word in clause.words], ()) for clause in found]
    every = frozenset().union(*kinds)
    return "insisted" in every and every.isdisjoint(("missed", "goods", "again"))


def is_put_off(found: Sequence[Clause]) -> bool:
    """`don't send today, send tomorrow`, in a language of which the rules know these words alone."""
    each = [subjects().of([word.plain for word in clause.words], ()) for clause in found]
    return any("today" in kinds for kinds in each[:-1]) and "tomorrow" in each[-1] and "today" not in each[-1]


def _is_exempt(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    if not (said.stops or said.perhaps or said.complains):
        return False
    return (
        _is_return(kinds, reply)
        or _is_of_the_past(said, kinds)
        or _is_one_of_several(said, kinds, reply)
        or _is_of_today(said, kinds, reply)
        or _is_of_a_purchase(said, kinds)
        or _is_of_a_numbered_thing(said, kinds, reply)
        or _is_of_a_service(said, kinds)
        or _is_of_calls(said, kinds, reply)
        or _is_for_a_refund(said, kinds, reply)
        or _is_of_a_card(said, kinds)
        or _is_of_goods(said, kinds, reply)
        or _is_a_portion(said, kinds, reply)
        or _is_laughter(said, reply)
    )


def _is_return(kinds: Kinds, reply: _Reply) -> bool:
    """`I unsubscribed by mistake, put me back`, `why do I no longer get your offers? add me again`."""
    wished = "again" in reply.kinds and not reply.kinds.isdisjoint(("missed", "mistake"))
    return wished and not kinds.isdisjoint(("again", "missed", "mistake"))


def _is_of_the_past(said: Said, kinds: Kinds) -> bool:
    """`the message got deleted`; not `I deleted it, don't send it again`."""
    if "deleted" not in kinds or "own" in kinds:
        return False
    return not (said.has_denial or said.complains)


def _is_one_of_several(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`I leave the painting class, but the yoga stays`; not `take me off your list, I stay a customer`."""
    if said.names or said.complains or said.has_denial or "held" in kinds or _explains(reply):
        return False
    return "stays" in reply.kinds and bool(said.unknown)


def _is_of_today(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`don't write tonight, tomorrow is fine`; not `stop today, or I sue you tomorrow`."""
    if "today" not in kinds or said.complains or _explains(reply):
        return False
    return any(
        "tomorrow" in other
        and "today" not in other
        and ("fine" in other or not said.names)
        and not (each.stops or each.has_denial or each.complains)
        for other, each in zip(reply.each, reply.heard, strict=True)
    )


def _is_of_a_purchase(said: Said, kinds: Kinds) -> bool:
    """`remove my name from the booking`, `delete the second order`; not `remove me, the order came`."""
    if said.names or "removal" not in kinds or "held" in kinds:
        return False
    of_part = "thing" in kinds and not kinds.isdisjoint(("item", "name"))
    return of_part or not kinds.isdisjoint(("outof", "food"))


def _is_of_a_numbered_thing(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`delete number 2, I only want 1`; not `delete my number, I asked 2 times`."""
    if said.names or said.complains or _explains(reply):
        return False
    return {"removal", "numbered"} <= kinds and "own" not in kinds


def _is_of_a_service(said: Said, kinds: Kinds) -> bool:
    """`how do I unsubscribe from Netflix?`."""
    return "service" in kinds and "person" not in kinds and not said.names


def _is_of_calls(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`don't call, text me`."""
    if "calling" not in kinds or said.complains or _explains(reply):
        return False
    written = any(
        "texting" in other and not (each.stops or each.perhaps or each.has_denial)
        for other, each in zip(reply.each, reply.heard, strict=True)
    )
    if "invite" in kinds:
        return "either" not in kinds
    return "texting" not in kinds and (written or "invite" in reply.kinds)


def _is_for_a_refund(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`refund me or I report you`."""
    return (
        "refund" in reply.kinds and "report" in kinds and not (said.stops or said.names or "texting" in kinds)
    )


def _is_of_a_card(said: Said, kinds: Kinds) -> bool:
    """`my card was blocked`, `I want to report the driver`."""
    is_told = said.complains and not (said.stops or said.perhaps or said.names or said.has_denial)
    return is_told and "card" in kinds and "person" not in kinds


def _is_of_goods(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`don't send the courier now`, `not the black one, send the white`."""
    refused = "unsend" in kinds or (said.is_denial and not said.is_bound)
    if said.names or not refused:
        return False
    sent = "resend" in reply.kinds or any(each.sends and not each.has_denial for each in reply.heard)
    return "goods" in kinds or (sent and "choice" in reply.kinds)


def _is_a_portion(said: Said, kinds: Kinds, reply: _Reply) -> bool:
    """`enough, two portions`."""
    return "portion" in kinds or ("portion" in reply.kinds and not (said.is_bound or said.names))


def _is_laughter(said: Said, reply: _Reply) -> bool:
    """`stop it, too funny`, `haha stop`."""
    if "earnest" in reply.kinds or said.complains or not said.stops or _explains(reply):
        return False
    if reply.laughs and "delight" in reply.kinds:
        return True
    if said.is_bound or any(each.names or each.has_denial for each in reply.heard):
        return False
    # A laughing face beside words that nobody knows is asked about: `meaning`.
    return not reply.kinds.isdisjoint(("laughter", "delight"))


def _explains(reply: _Reply) -> bool:
    return any(each.explains or each.complains for each in reply.heard)
