"""People who may receive messages."""
