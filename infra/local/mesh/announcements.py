"""Whom Consul lists: processes find each other there, a little after they serve."""

from collections.abc import Mapping

from services.runtime.discovery import Discovery, DiscoveryUnavailable


async def are_announced(discovery: Discovery, counts: Mapping[str, int]) -> bool:
    """Whether of each kind exactly so many are listed; of hosts none ever is."""
    try:
        found = {kind: len(await discovery.resolve(kind)) for kind in counts if kind != "host"}
    except DiscoveryUnavailable:
        return False
    return found.items() <= counts.items()
