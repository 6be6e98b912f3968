"""What surrounds the product: generated code, local runs, deployment."""
