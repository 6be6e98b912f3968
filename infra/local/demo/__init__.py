"""The demonstration: a lead list is imported, a shard host is killed half-way, every message arrives once.

`settings` has the size of the demo, `network_behavior` the network's faults. `leads` reads the lead file,
`plan` the sample's sequences, and `loading` writes both through the public API. `progress` and `display`
show the run, `takeover` kills a host and measures, `texts` and `tracing` read texts and spans back, `verdict`
is the result.
"""
