"""`kompang leads`."""
