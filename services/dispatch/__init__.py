"""Hands out messages when they are due, and records what came of them."""
