"""What the gateway tidies by itself."""
