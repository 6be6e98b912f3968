-- Who asked for a change with which `request_id`, what was answered, and the audit of it.

-- name: claim
-- Waits here while another call with the same id is in its transaction, and then finds its result.
INSERT INTO kompang.request (account_id, request_id, method, request_hash)
VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, request_id) DO NOTHING
RETURNING true

-- name: find
SELECT method, request_hash, response FROM kompang.request WHERE account_id = $1 AND request_id = $2

-- name: keep
UPDATE kompang.request SET response = $3 WHERE account_id = $1 AND request_id = $2

-- name: audit
INSERT INTO kompang.audit (account_id, api_key_id, method, resource, request_id)
VALUES ($1, $2, $3, $4, $5)
