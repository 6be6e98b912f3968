"""Sequences: steps, triggers, links, revisions."""
