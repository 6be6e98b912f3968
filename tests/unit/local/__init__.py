"""Local runs: their settings, figures and words."""
