"""The names that a certificate carries: which process it is for, and which one of them.

A name is a DNS name below the trust domain: `dispatch.kompang.internal` is any process of the role dispatch,
`host-1.shardhost.kompang.internal` is the shard host `host-1` alone. Names outside the domain (of the
machine, of a public address) say nothing about a process, and are passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A role, and one process of that role; `instance` is empty for a name of the role alone."""

    role: str
    instance: str = ""


@dataclass(frozen=True)
class Peer:
    """The other end of a connection, as its certificate names it."""

    names: frozenset[Name]

    @property
    def roles(self) -> frozenset[str]:
        """Which processes it may be."""
        return frozenset(name.role for name in self.names)

    def may_be(self, role: str, instance: str) -> bool:
        """Whether it may say that it is this one.

        A certificate that names instances is for those alone; one that names only the role (or `*`) is for
        every process of the role.
        """
        instances = {name.instance for name in self.names if name.role == role and name.instance}
        return role in self.roles and (not instances or bool(instances & {"*", instance}))


def server_name(role: str, domain: str) -> str:
    """The name that a server of this role must have in its certificate."""
    return f"{role}.{domain}"


def peer_of(dns_names: Iterable[str], domain: str) -> Peer:
    """Reads the names of a certificate. Roles and the domain are lower case; an instance is kept as it is."""
    return Peer(frozenset(name for each in dns_names if (name := _name(each, domain))))


def _name(dns_name: str, domain: str) -> Name | None:
    at = len(dns_name) - len(domain) - 1
    if at < 1 or dns_name[at:].lower() != f".{domain.lower()}":
        return None
    instance, dot, role = dns_name[:at].rpartition(".")
    # A name that begins with a dot is no name, and must not be that of the role.
    return Name(role.lower(), instance) if role and bool(dot) == bool(instance) else None
