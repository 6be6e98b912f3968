"""What came of messages, as hosts report it."""
