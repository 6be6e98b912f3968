"""The `kompang` command without a gateway."""
