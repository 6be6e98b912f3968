"""Pure text: what a message says to one lead. Standard library only."""
