"""How the command ends: five codes, the same for every command.

A script may rely on them. Anything else is a defect, and comes with a traceback.
"""

DONE = 0
# The request, or a part of it, was refused: bad values, no such thing, not now, not with this key.
REFUSED = 1
# The command line or the environment is wrong; nothing was asked.
USAGE = 2
# The gateway, or the database, is away or silent: the same command may work later.
UNAVAILABLE = 3
# Ctrl-C; nothing is half-done.
INTERRUPTED = 130

HELP = """Exit codes: 0 done; 1 refused, with the reason; 2 wrong usage; 3 the gateway, or the database, is
away: the same command may work later; 130 interrupted, nothing is half-done."""


class Interrupted(Exception):
    """Ctrl-C, and in one line what is left behind."""


class ReadEnough(Exception):
    """The program that reads the output has closed it, as `head` does: that is no error."""
