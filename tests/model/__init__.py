"""A model of the whole mesh whose schedules are drawn, and the invariants that hold in each."""
