"""TLS between processes: the names in certificates, the files they come from, and what gRPC makes of them."""
