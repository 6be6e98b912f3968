"""Messages: list, render, resolve."""
