"""`make up`: the whole mesh, left running for a person who tries it."""
