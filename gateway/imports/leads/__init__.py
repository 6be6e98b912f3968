"""The leads of one batch."""
