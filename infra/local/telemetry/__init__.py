"""A small receiver of traces and metrics, and what it wrote."""
