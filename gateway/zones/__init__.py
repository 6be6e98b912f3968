"""The time zones of the world."""
