"""PostgreSQL, Redis and Consul on this machine, each as one server program of the stack."""
