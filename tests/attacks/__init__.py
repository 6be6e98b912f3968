"""Attacks on the product, each as a test: what a stranger, a caller or a person's words may not do to it."""
