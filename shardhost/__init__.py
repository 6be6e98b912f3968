"""The stateless process that claims a slice of the devices and sends their messages."""
