"""The local run: Postgres, Redis, Consul and the mesh on one machine, without root and without containers."""
