"""The words for a message."""
