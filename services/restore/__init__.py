"""A database that was restored to an earlier moment: noticed, settled, and released by an operator."""
