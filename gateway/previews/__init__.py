"""Previews: samples of a text before it is sent, and how many different texts it can make."""
