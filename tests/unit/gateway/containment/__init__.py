"""One bad event, row, watcher or statement stops that one thing, and nothing beside it."""
