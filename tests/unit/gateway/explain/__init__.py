"""Explanations, without a database."""
