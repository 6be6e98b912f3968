"""The hand: which message goes now. One statement decides, and a loop asks it once a tick."""
