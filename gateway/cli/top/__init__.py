"""What goes on, live."""
