"""`kompang campaigns`."""
