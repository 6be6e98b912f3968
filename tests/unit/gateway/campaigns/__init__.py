"""Campaigns without a database."""
