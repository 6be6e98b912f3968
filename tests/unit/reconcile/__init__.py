"""Each promise that every run checks, and its negative control."""
