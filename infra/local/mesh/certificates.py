"""The certificates of a mesh: of an authority of its own, made for the first process that needs one."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.servers.authority import Authority


class Certificates:
    """`ca_file` is what a caller needs to believe the processes; None as long as none has a certificate."""

    def __init__(self, path: Path) -> None:
        """`path` is the folder of all of them."""
        self._path = path
        self._authority: Authority | None = None

    @property
    def ca_file(self) -> Path | None:
        """The authority, as PEM."""
        return None if self._authority is None else self._authority.file

    def issue(self, role: str, instance: str) -> Mapping[str, str]:
        """The environment of a process that proves to be this instance of its role."""
        if self._authority is None:
            # Only a run with TLS needs the library below it.
            from infra.local.servers.authority import Authority  # noqa: PLC0415

            self._authority = Authority(self._path)
        return self._authority.for_process(role, instance).environment()
