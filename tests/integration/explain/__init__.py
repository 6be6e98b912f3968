"""An explanation and the hand say the same."""
