"""What the resources of the API have in common when a caller changes them: an etag, and a mask of fields.

The etag is made of the row's id and version. The version grows with each change that a caller makes, so a
caller who sends the etag back learns of a change that somebody else made meanwhile.

An update changes the fields that its `update_mask` names; without a mask those that are set, with `*` all.
A noun says once which fields may be changed (`UpdateMask`), converts the whole request into a draft as if to
create it, and takes the named fields of that draft.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from services.reasons import Reason
from services.runtime.errors import Aborted, Violation

_NAMED_AT_MOST = 5

Draft = TypeVar("Draft")


class Versioned(Protocol):
    """A row that a caller can change."""

    @property
    def id(self) -> int:
        """Stays for good."""

    @property
    def version(self) -> int:
        """Grows with each change that a caller makes."""


def etag(stored: Versioned) -> str:
    """Changes with every change that a caller makes."""
    return f"{stored.id:x}-{stored.version:x}"


def refuse_stale(given: Any, stored: Versioned) -> None:
    """Raises `Aborted` when `given`, a resource of an update, has an etag that is not the newest."""
    if given.etag and given.etag != etag(stored):
        path = f"{given.DESCRIPTOR.name.lower()}.etag"
        raise Aborted(
            f"{path}: {given.name} was changed since you read it; read it again and repeat your change on"
            " what you find",
            reason=Reason.ETAG_STALE,
            field=path,
        )


@dataclass(frozen=True)
class UpdateMask:
    """The fields that an update of one kind of resource may name.

    `kept_as`: the attributes of the draft in which such a field is kept, where they have other names.
    """

    fields: Sequence[str]
    kept_as: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def check(self, paths: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with the mask of a request."""
        unknown = [path for path in paths if path not in (*self.fields, "*")]
        if unknown:
            named, changeable = ", ".join(unknown[:_NAMED_AT_MOST]), ", ".join(self.fields)
            yield Violation("update_mask", f"names what cannot be changed ({named}); use {changeable} or *")
        if "*" in paths and len(paths) > 1:
            yield Violation("update_mask", "names fields beside *; use either")

    def named(self, paths: Sequence[str], given: Message) -> frozenset[str]:
        """The fields that an update is to change, of a checked request with the resource `given`."""
        if "*" in paths:
            return frozenset(self.fields)
        return frozenset(paths or (one.name for one, _ in given.ListFields() if one.name in self.fields))

    def merged(self, before: Draft, given: Draft, named: frozenset[str]) -> Draft:
        """`before` with the named fields of `given`."""
        kept = {attribute for name in named for attribute in self.kept_as.get(name, (name,))}
        taken = [one.name for one in fields(before) if one.name in kept]  # type: ignore[arg-type]
        return replace(before, **{name: getattr(given, name) for name in taken})  # type: ignore[type-var]
