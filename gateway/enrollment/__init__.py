"""What the gateway asks of enrollment."""
