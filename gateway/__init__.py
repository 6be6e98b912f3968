"""The gateway: the public gRPC API (`api`), one folder a noun below it, and its Python client and command."""
