"""What a launch of a campaign would do, and when it would end."""
