"""The simulated network and the transport that speaks to it."""
