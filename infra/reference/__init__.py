"""The lists in the documents that follow from the code: settings, metrics, functions of the schema."""
