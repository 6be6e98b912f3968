"""One text for an audience: plan it, launch it, watch it."""
