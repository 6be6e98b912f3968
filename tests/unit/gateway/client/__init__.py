"""The client of the public API."""
