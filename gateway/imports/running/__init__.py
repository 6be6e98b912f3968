"""One call of ImportLeads, and what it writes."""
