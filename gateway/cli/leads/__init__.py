"""Leads, by a marketer with a file."""
