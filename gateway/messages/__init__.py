"""What is planned, what went, what came of it."""
