"""`kompang messages`."""
