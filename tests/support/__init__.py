"""What tests share: fresh databases, and waiting for a thing to become true."""
