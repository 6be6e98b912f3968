"""Pure: what a member writes into the keys that its session holds, so that others can tell whose they are.

A session's id is no proof: whoever may read Consul sees it. The member's secret is known to itself and to
those whom it told (a shard host's incarnation, to dispatch); the keys show its hash alone. A bare name is of
a member that was started without a secret.
"""

import hashlib


def signature(member: str, secret: str = "") -> str:
    """What the member writes."""
    return f"{member} {hashlib.sha256(secret.encode()).hexdigest()}" if secret else member


def is_signed_by(value: str, member: str, secret: str) -> bool:
    """Whether the member with this secret wrote it, or the member without one."""
    return bool(member) and value in (member, signature(member, secret))
