"""Accounts and their keys, by the operator."""
