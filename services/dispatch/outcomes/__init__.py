"""Outcomes: what shard hosts report about each attempt, written in batches."""
