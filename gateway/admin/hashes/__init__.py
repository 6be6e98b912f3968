"""The hashes of numbers: brought under the newest secret."""
