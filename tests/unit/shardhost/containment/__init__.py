"""An error that nobody foresaw, raised at each place that works on one thing: it ends that thing alone."""
