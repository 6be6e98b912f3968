"""Enrollment without a database."""
