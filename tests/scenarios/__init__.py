"""The whole mesh through what may happen to it."""
