"""Resource names such as `devices/12`, and the refusal of those that name nothing."""

from services.runtime.errors import NotFound


def number(name: str) -> int:
    """The id in `devices/12`; 0 for an empty name. The form was validated before."""
    return int(name.rpartition("/")[2] or 0)


def slug(name: str) -> str:
    """The last part of `sequences/cold`; empty for an empty name."""
    return name.rpartition("/")[2]


def missing(name: str, field: str = "name") -> NotFound:
    """The refusal of an unknown name, and of another account's: a caller does not learn that it exists."""
    collection = name.partition("/")[0]
    return NotFound(
        f"{field}: there is no {name} in this account; list {collection} to see which there are",
        field=field,
        resource=name,
    )
