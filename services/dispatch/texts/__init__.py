"""Templates and wordings, as dispatch sends them to shard hosts."""
