"""Names of time zones."""
