"""Why a message was or was not sent: the conditions of the hand, explained to people."""
