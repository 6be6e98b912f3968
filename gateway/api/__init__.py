"""The public services: one servicer a noun, above the folders of the nouns."""
