"""Every process needs these: settings, lifecycle, server, channels, discovery, stores. No domain word."""
