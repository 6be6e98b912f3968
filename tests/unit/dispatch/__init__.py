"""Dispatch without a database."""
