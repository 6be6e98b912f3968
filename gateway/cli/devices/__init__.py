"""`kompang devices`."""
