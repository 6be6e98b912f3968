"""Imports without a database: files, columns, cells."""
