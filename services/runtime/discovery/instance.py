"""One announced instance of a service."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Instance:
    """`address` is host:port, exactly as the instance announced it."""

    instance_id: str
    address: str
