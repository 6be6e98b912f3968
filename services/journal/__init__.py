"""What a restored database must not forget, kept on a disk of its own: stop words, and who took one back."""
