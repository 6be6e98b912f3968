"""Retention: deletes old request ids, imports and replies, and makes the partitions of the time to come."""
