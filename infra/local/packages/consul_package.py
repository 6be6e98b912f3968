"""Consul from the distribution's own package, unpacked into `.cache/consul` and installed nowhere.

Debian's last suite with Consul is bullseye, Ubuntu's is jammy.
"""

from pathlib import Path

from infra.local.errors import MissingBinary
from infra.local.packages.package import Package, Suite

CACHE = Path(__file__).parents[3] / ".cache" / "consul"

_CONSUL = Package(
    "consul",
    "usr/bin/consul",
    suites={"ubuntu": Suite("jammy", "main universe"), "debian": Suite("bullseye", "main")},
    known={
        "consul_1.8.7+dfsg1-2+b3_amd64.deb": (
            "e4e888bba104daba1d9161f49bfc52649a7e4efd45b1a7ead5bc54f2cb9c89d9"
        ),
    },
)
_REMEDY = "install Consul (a consul on PATH), or set CONSUL_BIN to the program"


def consul_from_package(cache: Path = CACHE, etc: Path = Path("/etc")) -> Path:
    """The cached program; fetched when it is not there yet.

    Raises:
        MissingBinary: this is no Debian or Ubuntu, or the package cannot be fetched or verified.

    """
    try:
        return _CONSUL.fetched(cache, etc)
    except MissingBinary as error:
        raise MissingBinary(f"no Consul on this machine, and {error}: {_REMEDY}") from None
