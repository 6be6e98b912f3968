"""Which host may send for a shard, as an operator sees it, and the repair of an epoch."""
