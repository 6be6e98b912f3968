"""One fault a file; `table` lists them in the order of the suite."""
