"""How scenarios are told."""
