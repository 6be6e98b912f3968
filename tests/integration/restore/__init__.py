"""A database that was restored."""
