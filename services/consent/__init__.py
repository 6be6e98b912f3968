"""Stop words and start words: what a reply means."""
