-- name: get
SELECT id, request_id, size, byte_offset, counts, created_at, finished_at
FROM kompang.import WHERE account_id = $1 AND id = $2::bigint

-- name: list
-- Newest first, before $2. Imports of a month are few.
SELECT id, request_id, size, byte_offset, counts, created_at, finished_at
FROM kompang.import
WHERE account_id = $1 AND id < $2::bigint
    AND ($3::boolean IS NULL OR (finished_at IS NOT NULL) = $3)
ORDER BY id DESC
LIMIT $4
