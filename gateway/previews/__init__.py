"""What a text will read like, before anybody gets it."""
