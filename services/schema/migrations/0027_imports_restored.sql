-- Dispatch gives back what the journal of a gateway has kept of a list, and finds the import that it was.
GRANT SELECT (id, account_id, request_id) ON kompang.import TO kompang_dispatch;
