"""Attacks: what a person, a network, a caller or a rogue process may send, a file for each kind.

The first line of a file says what is attacked. A test attacks with the real servers, and asks afterwards that
everything else goes on.
"""
