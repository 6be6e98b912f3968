"""Each mutation once (`request_id`), with its audit row, in one transaction."""
