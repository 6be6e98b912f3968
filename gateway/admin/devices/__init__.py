"""Which account has a number, for an operator; and a device whose account gives it up no more."""
