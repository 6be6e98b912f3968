"""The model and the real statements decide alike."""
