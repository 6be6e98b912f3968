"""A shard host with dispatch and the simulated network."""
