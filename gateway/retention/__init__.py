"""Retention: deletes what is older than its time; makes partitions, renews public holidays."""
