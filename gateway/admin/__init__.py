"""Accounts and API keys, made and revoked by the owner of the schema: for the command and for local runs."""
