"""The networks a shard host can send through, behind one Protocol."""
