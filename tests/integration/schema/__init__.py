"""Migrations, roles and plans of statements."""
