"""A shard host without dispatch."""
