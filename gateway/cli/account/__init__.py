"""`kompang account`."""
