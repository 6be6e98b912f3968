"""Discovery without a Consul."""
