"""The calls of the gateway to the enrollment service."""
