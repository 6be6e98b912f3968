"""Each mutation once, with its audit row, in one transaction."""
