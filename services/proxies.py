"""The proxies of devices, which the gateway seals and dispatch reads: never shown, never kept in plain."""

from services.runtime.sealing import Sealing
from services.runtime.secret import RootSecret

_LABEL = "proxies"


def proxy_sealing(root: RootSecret) -> Sealing:
    """Seals the URL of a device's proxy, in the scope of the device's number."""
    return Sealing.of(root, _LABEL)
