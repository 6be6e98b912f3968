"""Public holidays of countries and their parts."""
