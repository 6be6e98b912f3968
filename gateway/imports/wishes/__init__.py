"""Whether people want to be written to: as the columns of a file say it."""
