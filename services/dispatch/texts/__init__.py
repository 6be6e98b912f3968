"""What steps and wordings say, as hosts get it."""
