"""The event stream: the log of what happened, followed and resumed."""
