"""Migrations and statements as texts."""
