"""Many leads written at once."""
