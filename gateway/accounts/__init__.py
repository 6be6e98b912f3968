"""Accounts: settings, guards, stop words."""
