"""What callers may take: bytes of a request, places of calls and streams, turns of heavy work."""
