-- Imports as resources: begun, read, continued, with the rows that were refused.

-- name: get
SELECT id, request_id, options_hash, size, head_hash, plan, byte_offset, line, counts, created_at, finished_at, kind
FROM kompang.import WHERE account_id = $1 AND id = $2::bigint

-- name: list
-- Newest first, before $2. Imports of a month are few.
SELECT id, request_id, options_hash, size, head_hash, plan, byte_offset, line, counts, created_at, finished_at, kind
FROM kompang.import
WHERE account_id = $1 AND id < $2::bigint
    AND ($3::boolean IS NULL OR (finished_at IS NOT NULL) = $3)
ORDER BY id DESC
LIMIT $4

-- name: begin
-- Waits while another call begins the same import, and then finds it.
INSERT INTO kompang.import (account_id, request_id, options_hash, size, kind) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, request_id) DO NOTHING
RETURNING id

-- name: find
SELECT id, request_id, options_hash, size, head_hash, plan, byte_offset, line, counts, created_at, finished_at, kind
FROM kompang.import WHERE account_id = $1 AND request_id = $2

-- name: audit
INSERT INTO kompang.audit (account_id, api_key_id, method, resource, request_id) VALUES ($1, $2, $3, $4, $5)

-- name: refused_rows
SELECT e.line, e.reason, e.because, e.cells
FROM kompang.import i JOIN kompang.import_error e ON e.import_id = i.id
WHERE i.id = $1 AND i.account_id = $4 AND e.line > $2 ORDER BY e.line LIMIT $3
