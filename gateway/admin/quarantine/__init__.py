"""Replies that nobody could record: an operator looks at them, and no stop word is lost."""
