"""The schema: numbered migrations, one role per process, and the program that applies them."""
