"""The time zones that Postgres knows."""
