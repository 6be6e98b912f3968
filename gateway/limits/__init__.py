"""What callers may take of this gateway: bytes of a request, places of calls and streams, turns of heavy work."""
