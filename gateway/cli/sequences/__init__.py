"""`kompang sequences`."""
