"""The shard host: a stateless process that claims a part of the devices and sends their messages."""
