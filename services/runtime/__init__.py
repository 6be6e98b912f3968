"""What every process needs: settings, lifecycle, server, channels, discovery, stores. No domain word."""
