"""How an account speaks, and what a text says with it."""
