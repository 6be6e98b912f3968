"""What lists say of people who do not want to be written to."""
