"""Clients of the public API in other languages."""
