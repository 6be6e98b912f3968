"""Servers, processes and the mesh on one machine."""
