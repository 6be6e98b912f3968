"""`kompang top`."""
