"""Walks over the messages of a campaign that was cancelled or is retried."""
