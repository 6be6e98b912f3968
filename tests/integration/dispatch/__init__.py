"""Dispatch against a real database, with hosts that are scripts."""
