"""One bad thing stops that thing: every kind of error, at each place of dispatch that works through many."""
