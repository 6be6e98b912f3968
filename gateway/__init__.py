"""The public face: one servicer and one store a noun."""
