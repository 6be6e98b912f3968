"""A small receiver of traces, and the spans it wrote."""
