"""How benchmarks are read."""
