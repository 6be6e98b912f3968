"""Reads YAML files and keeps the line and column of every value."""
