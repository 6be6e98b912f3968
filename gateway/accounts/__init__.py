"""The account behind a key."""
