"""`kompang preview`."""
