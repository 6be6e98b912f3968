"""From a cell to its value, or why the row is refused."""
