"""One call of ImportLeads, and the batches that the call writes."""
