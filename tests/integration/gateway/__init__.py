"""The gateway and its command against a real database."""
