"""API keys and scopes: who calls, and which methods the key allows."""
