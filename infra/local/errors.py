"""The errors of a local run. Each message is complete: a command prints it and exits."""


class LocalError(Exception):
    """A local run cannot go on; its text is one message for a person, with the remedy where one is known."""


class MissingBinary(LocalError):
    """A program that the stack needs cannot be had on this machine."""


class StartFailed(LocalError):
    """A service was started and did not become ready; the text ends with the last lines of its log."""
