"""Linked numbers."""
