"""Benchmarks: what the mesh can do on this machine."""
