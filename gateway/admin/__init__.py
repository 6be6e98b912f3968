"""Accounts and their keys, as an operator writes them: on the database itself, beside the gateway."""
