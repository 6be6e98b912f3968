"""Leads from a CSV file, in whatever dress it comes: read, mapped, written in batches, resumable.

Pure: `encoding` (bytes to text), `dialect` (which delimiter), `records` (text to rows with their place),
`header` (which column is what), `mapping` (a row to a lead, or why not). Then `store` writes a batch and
the place it ends at in one transaction, and `stream` is one call.
"""
