"""Replies that people write to devices, and the confirmations of their stop words."""
