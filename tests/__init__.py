"""unit: no I/O. integration: real Postgres, Redis, Consul. scenarios: the whole mesh. bench: figures."""
