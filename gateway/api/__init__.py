"""The public services: one servicer a noun, above the rooms of the nouns."""
