"""Retention: deletes old request ids, imports, replies and quarantine; makes partitions ahead."""
