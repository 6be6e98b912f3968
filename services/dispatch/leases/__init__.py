"""Which shard host may send for a shard, and the end of those that died."""
