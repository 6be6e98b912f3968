"""Enrollment: finds leads whose trigger a sequence listens for, and writes all their messages upfront."""
