"""Processes that the launcher starts, the directory that lists them, and how they end whatever happens."""
