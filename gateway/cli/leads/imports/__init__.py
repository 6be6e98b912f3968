"""`kompang leads import`."""
