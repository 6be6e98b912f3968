"""`kompang top`: the live view of an account."""
