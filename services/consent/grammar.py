"""What a clause says by the roles of its words. Pure.

Three things say "stop": a word for it that nothing denies, a denied wish or message ("no more texts",
"don't write to me"), and a person taken away ("delete my number"). A denial counts for the next of those
words, or in some languages for the one before. In a clause of known words alone any of them is enough; where
there are others as well, it must be said about messages, for else it is said about something else ("stop by
tomorrow", "cancel my order").
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.consent.roles import Role
from services.consent.vocabulary import Part

_HEADS = frozenset({
    Role.STOP, Role.ALONE, Role.LEAVE, Role.PERHAPS, Role.START, Role.WANT, Role.SEND, Role.CONTACT,
    Role.OBJECT, Role.REMOVE, Role.COMPLAINT,
})  # fmt: skip
_GENERIC = (Role.STOP, Role.ALONE)
_STOPPING = frozenset({Role.STOP, Role.LEAVE, Role.ALONE, Role.REMOVE})
_SAID_BEFORE = _STOPPING | {Role.COMPLAINT, Role.PERHAPS}
_UNKNOWN = (Role.OTHER, Role.WHY, Role.LATER)
# So many words a denial reaches: else the time to read a clause would grow faster than the clause.
_REACH = 8
_REASONS = frozenset({Role.REASON, Role.PERHAPS})
_OF_MESSAGES = (Role.CONTACT, Role.OBJECT, Role.LIST)
_DENIALS = (Role.NOT, Role.NOT_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a clause says, and how many of its words nobody knows.

    `is_bound`: of messages; `is_soft`: by words that mean a stop only where nothing else is said; `denies`:
    that anything is to stop; `complains`: of messages; `calls`: it says that nobody shall call;
    `invites`: that somebody shall write; `explains`: why somebody may want a stop; `is_denial`: of sending
    alone; `removes`: a person, nobody says from where; `has_denial`: of anything; `today`, `later`: it names
    this day, another day; `mentions`: messages or a chat; `names`: these or a list, denied or not; `sends`:
    it tells to send; `goes_on`: that they shall go on.
    """

    stops: bool = False
    perhaps: bool = False
    complains: bool = False
    is_bound: bool = False
    is_soft: bool = False
    denies: bool = False
    calls: bool = False
    invites: bool = False
    explains: bool = False
    is_denial: bool = False
    removes: bool = False
    has_denial: bool = False
    later: bool = False
    today: bool = False
    mentions: bool = False
    names: bool = False
    sends: bool = False
    goes_on: bool = False
    unknown: int


def said(parts: Sequence[Part], *, asks: bool = False) -> Said:
    """The meaning of a clause; `asks`: it ends with a question mark."""
    roles = _roles(parts)
    unknown = sum(role in _UNKNOWN for role in roles)
    denied = _denied(roles, parts)
    present = {role for at, role in enumerate(roles) if at not in denied}
    negated = {roles[at] for at in denied}
    follows = _followed(roles, denied) and Role.WHY not in present
    denies = (bool(negated & _STOPPING) or Role.GO_ON in present) and not follows
    leaves = _leaves(present) and not (asks and unknown)
    clear = bool(present & {Role.STOP, Role.LEAVE}) or _denies_sending(present, negated)
    wished = clear or Role.REMOVE in present
    reasoned = wished and bool(present & _REASONS) and Role.WHY not in present and not asks
    ordered = _ordered(roles, denied) and Role.OBJECT in present and not asks
    bound = not denies and (follows or leaves or reasoned or ordered or _denies_messages(present, negated))
    weak = not denies and not unknown and (clear or (not asks and _weakly(roles, present)))
    return Said(
        stops=bound or weak,
        perhaps=not (unknown or Role.GO_ON in present)
        and (_asks_to_be_removed(present) if asks else _maybe(present, negated)),
        complains=Role.COMPLAINT in present,
        is_bound=bound,
        is_soft=not bound and not clear,
        denies=denies,
        calls=_calls(present, negated),
        invites=not denied and not present & _STOPPING and not asks and _invites(roles, present),
        explains=bool(present & _REASONS),
        is_denial=not present & _STOPPING and bool(negated),
        has_denial=any(role in _DENIALS for role in roles),
        removes=bound
        and Role.REMOVE in present
        and not (follows or reasoned or ordered)
        and not present & {Role.LEAVE, Role.LIST},
        later=Role.LATER in present,
        today=Role.TODAY in present,
        mentions=bool(present & {Role.CONTACT, Role.OBJECT, Role.PLACE}) and not denied,
        names=any(role in _OF_MESSAGES for role in roles),
        sends=Role.SEND in present,
        goes_on=Role.GO_ON in present,
        unknown=unknown,
    )


def _maybe(present: AbstractSet[Role], negated: AbstractSet[Role]) -> bool:
    """`not interested`, but no code of a place (`block 5`)."""
    wished = negated == {Role.WANT} and Role.TODAY not in present
    return wished or (Role.PERHAPS in present and Role.NUMBER not in present)


def _asks_to_be_removed(present: AbstractSet[Role]) -> bool:
    """Of a question: `can you delete my number?`."""
    return {Role.REMOVE, Role.ME} <= present


def _calls(present: AbstractSet[Role], negated: AbstractSet[Role]) -> bool:
    """`don't call me`, `stop calling`."""
    if present & {Role.LEAVE, Role.REMOVE, Role.ALONE, Role.CONTACT, Role.OBJECT}:
        return False
    stopped = Role.STOP in present and Role.SEND in present and not negated
    return stopped or (Role.STOP not in present and negated <= {Role.SEND, Role.ME})


def _denies_sending(present: AbstractSet[Role], negated: AbstractSet[Role]) -> bool:
    """`don't send`; but `don't send today` is of today."""
    of_today = negated == {Role.SEND} and Role.TODAY in present and Role.OBJECT not in present
    return not of_today and bool(negated & {Role.CONTACT, Role.SEND, Role.OBJECT})


def _denies_messages(present: AbstractSet[Role], negated: AbstractSet[Role]) -> bool:
    """`don't text me`, `I don't want your ads`: said of messages, whatever else is said."""
    objects = Role.OBJECT in present or Role.OBJECT in negated
    contact = Role.CONTACT in negated and (objects or Role.ME in present)
    return contact or (objects and bool(negated & {Role.SEND, Role.WANT}))


def _leaves(present: AbstractSet[Role]) -> bool:
    """`unsubscribe`, `remove my number from the list`, `take Mary out of your database`."""
    listed = Role.LIST in present or {Role.ME, Role.PLACE} <= present
    return Role.LEAVE in present or (Role.REMOVE in present and listed)


def _weakly(roles: Sequence[Role], present: AbstractSet[Role]) -> bool:
    """`cancel`, `remove my number`: nobody knows of what, so that nothing else may be said."""
    if Role.NUMBER in present and Role.ALONE in present:
        return False
    removed = bool(present & {Role.ME, Role.PLACE, Role.OBJECT}) or _is_only(roles, Role.REMOVE)
    return Role.ALONE in present or (Role.REMOVE in present and removed)


def _roles(parts: Sequence[Part]) -> list[Role]:
    """The roles of the parts, where a denial that denies nothing has its second meaning."""
    roles = [part.role for part in parts]
    if Role.TODAY in roles:
        return roles
    for at, part in enumerate(parts):
        is_denial = part.role in _DENIALS and part.second is not None
        if is_denial and _next(roles, at, 1) is None and _next(roles, at, -1) is None:
            roles[at] = part.second or part.role
    return roles


def _denied(roles: Sequence[Role], parts: Sequence[Part]) -> set[int]:
    """The places of what is denied; of a wish that is denied, also what is wished."""
    found: set[int] = set()
    for at, role in enumerate(roles):
        if role not in _DENIALS:
            continue
        behind, before = _next(roles, at, 1), _next(roles, at, -1)
        first, second = (before, behind) if role is Role.NOT_AFTER else (behind, before)
        place = first if first is not None else second
        # `stop la`: what denies the next word says nothing of a stop before it, nor the other way round.
        if place is None or (place != first and roles[place] in _SAID_BEFORE):
            continue
        # `tak nak dah stop`: two wishes of one meaning, with a particle between them.
        is_wish = parts[at].second is Role.PERHAPS and place > at + 1
        if role is Role.NOT and is_wish and roles[place] is Role.STOP:
            continue
        found.add(place)
        if roles[place] is Role.WANT:
            wished = _next(roles, place, 1)
            wished = wished if wished is not None else _next(roles, place, -1)
            if wished is not None:
                found.add(wished)
    return found


def _next(roles: Sequence[Role], at: int, step: int) -> int | None:
    """The next head in a direction, near by and with no unknown word between."""
    for place in range(at + step, at + step * _REACH, step):
        if not 0 <= place < len(roles) or roles[place] in _UNKNOWN:
            return None
        if roles[place] in _HEADS:
            return place
    return None


def _followed(roles: Sequence[Role], denied: set[int]) -> bool:
    """Whether a stop is said of messages: `stop texting me`, `stop these ads`."""
    for at, role in enumerate(roles):
        if role in _GENERIC and at not in denied:
            for step in (1, -1):
                place = _next(roles, at, step)
                if place is not None and place not in denied:
                    if roles[place] is Role.CONTACT:
                        return True
                    if roles[place] is Role.SEND and Role.OBJECT in roles:
                        return True
    return False


def _ordered(roles: Sequence[Role], denied: set[int]) -> bool:
    """Whether a clause begins with a stop: `stop using my number for your ads`."""
    at = next((at for at, role in enumerate(roles) if role is not Role.FILLER), None)
    return at is not None and at not in denied and roles[at] is Role.STOP


def _invites(roles: Sequence[Role], present: AbstractSet[Role]) -> bool:
    """`text me`, `just call my mobile`."""
    first = next((role for role in roles if role is not Role.FILLER), None)
    return Role.CONTACT in present or first is Role.SEND


def _is_only(roles: Sequence[Role], wanted: Role) -> bool:
    return all(role in (wanted, Role.FILLER, Role.TODAY) for role in roles)
