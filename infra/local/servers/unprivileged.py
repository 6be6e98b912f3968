"""Running a program without root's rights: Postgres refuses to run as uid 0."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.local.errors import MissingBinary

NOBODY = 65534

_PROBE_SECONDS = 10.0
NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
SWITCH = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def unprivileged(program: Path) -> tuple[str, ...]:
    """What to put before a command of `program`: nothing for a normal user.

    For root a user namespace is best: inside it uid 0 looks like nobody, and there is nothing to chown. Where
    the kernel allows none, the program runs as nobody indeed, and `give` must hand it its folder.

    Raises:
        MissingBinary: root cannot run the program in either way.

    """
    if os.geteuid() != 0:
        return ()
    for prefix in (NAMESPACE, SWITCH):
        if _works([*prefix, str(program), "--version"]):
            return prefix
    raise MissingBinary(
        f"{program.name} does not run as root, and this machine lets root neither make a user namespace "
        "(unshare) nor run it as nobody (setpriv): start as a normal user"
    )


def give(folder: Path, prefix: Sequence[str]) -> None:
    """Let a program that runs with this prefix own the path and reach it."""
    if tuple(prefix) == SWITCH:
        os.chown(folder, NOBODY, NOBODY)
        folder.parent.chmod(0o711)


def _works(command: Sequence[str]) -> bool:
    try:
        return (
            subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False).returncode == 0
        )
    except FileNotFoundError:
        return False
