"""How many files and connections a process may have open."""

import resource

_WANTED = 65_536


def raise_open_files() -> None:
    """Raise this process's soft limit, which its children inherit, as far as the hard limit lets it.

    Many systems start with 1,024, fewer than the connections that a server takes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files() -> int:
    """The soft limit of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WANTED if soft == resource.RLIM_INFINITY else soft


def connections(wanted: int) -> int:
    """So many connections may others have with this process, or half of its files where those are fewer.

    The rest are for its own: without one it would not even reach its database.
    """
    return max(1, min(wanted, open_files() // 2))
