"""What every process needs: settings, lifecycle, server, channels, discovery, stores. It knows no domain word."""
