"""Messages, by an operator at a terminal."""
