"""What an account does now."""
