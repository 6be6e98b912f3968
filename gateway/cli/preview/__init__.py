"""Texts, by an author at a terminal."""
