"""Enrollment against a real database."""
