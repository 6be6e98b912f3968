"""Retention: deletes old request ids, imports, replies, quarantine, messages and events; makes partitions."""
