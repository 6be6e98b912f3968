"""The local run: Postgres, Redis, Consul and the mesh on one machine, without root and without containers.

From below: `packages` finds the servers' programs, `processes` starts processes and ends them whatever
happens, `servers` are Postgres, Redis and Consul, `mesh` starts the product on them, `network` is a simulated
WhatsApp, `telemetry` receives traces. Above: `reconcile` compares Postgres with the network's ledger; `demo`,
`day` and `up` are the commands behind `make`; `sample` is the data that they load.
"""
