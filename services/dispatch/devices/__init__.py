"""The devices that this replica serves now."""
