"""The simulated network without a port."""
