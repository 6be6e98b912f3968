"""What every process is made of: life, server, channel, discovery, stores, telemetry. No domain word."""
