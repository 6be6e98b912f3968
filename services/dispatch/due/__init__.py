"""What is due: the scan that finds it, and the database's clock."""
