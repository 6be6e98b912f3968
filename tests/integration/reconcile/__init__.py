"""What every run checks at its end, against a real database."""
