"""The fault suite: what docs/reliability.md promises, tried on real processes under load.

Each row of the table is a file in `rows`: it makes a `FaultRun` (servers, a mesh, a load), does its faults,
and ends the run, which drains the load and asks the offline checker. All that is random comes from one
seed. `python -m tests.faults` is `make faults`.
"""
