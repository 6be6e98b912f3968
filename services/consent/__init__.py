"""What people say about being written to, as far as words go."""
