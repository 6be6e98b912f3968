"""Certificates and who they name."""
