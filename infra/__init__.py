"""What surrounds the product: local runs (`local`), generated code (`generate`), Unicode tables."""
