"""Imports as resources: how far each has come."""
