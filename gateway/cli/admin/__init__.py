"""`kompang admin`."""
