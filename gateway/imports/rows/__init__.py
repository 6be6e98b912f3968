"""From rows to leads, and to batches of leads."""
