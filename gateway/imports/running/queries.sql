-- name: account
SELECT timezone, country FROM kompang.account WHERE id = $1

-- name: devices
SELECT id, phone FROM kompang.device WHERE account_id = $1

-- name: phone_hashes
-- Page by page, so that the event loop has its turn between them.
SELECT byte_offset, hashes FROM kompang.import_seen
WHERE import_id = $1 AND byte_offset > $2 ORDER BY byte_offset LIMIT $3

-- name: lock
-- The fence: of two calls with the same import, one has come to another place when the other is let in.
SELECT byte_offset, finished_at FROM kompang.import WHERE id = $1 FOR NO KEY UPDATE

-- name: keep_refused
INSERT INTO kompang.import_error (import_id, line, reason, because, cells)
SELECT $1, line, reason, because, cells::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS refused (line, reason, because, cells)

-- name: keep_phone_hashes
INSERT INTO kompang.import_seen (import_id, byte_offset, hashes) VALUES ($1, $2, $3)

-- name: forget_phone_hashes
DELETE FROM kompang.import_seen WHERE import_id = $1

-- name: advance
UPDATE kompang.import SET byte_offset = $2, line = $3, counts = $4::jsonb, plan = $5::jsonb, head_hash = $6
WHERE id = $1

-- name: finish
UPDATE kompang.import SET finished_at = now() WHERE id = $1 RETURNING finished_at
