-- name: account
SELECT timezone, country FROM kompang.account WHERE id = $1

-- name: devices
SELECT id, phone FROM kompang.device WHERE account_id = $1

-- name: phone_hashes
-- Page by page, so that the event loop has its turn between them.
SELECT s.byte_offset, s.hashes FROM kompang.import i JOIN kompang.import_seen s ON s.import_id = i.id
WHERE i.id = $1 AND i.account_id = $4 AND s.byte_offset > $2 ORDER BY s.byte_offset LIMIT $3

-- name: lock
-- The fence: of two calls with the same import, one has come to another place when the other is let in.
SELECT byte_offset, finished_at FROM kompang.import WHERE id = $1 AND account_id = $2 FOR NO KEY UPDATE

-- name: keep_refused
INSERT INTO kompang.import_error (import_id, line, reason, because, cells)
SELECT $1, line, reason, because, cells::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS refused (line, reason, because, cells)

-- name: keep_phone_hashes
INSERT INTO kompang.import_seen (import_id, byte_offset, hashes) VALUES ($1, $2, $3)

-- name: forget_phone_hashes
DELETE FROM kompang.import_seen s USING kompang.import i
WHERE i.id = $1 AND i.account_id = $2 AND s.import_id = i.id

-- name: advance
UPDATE kompang.import SET byte_offset = $2, line = $3, counts = $4::jsonb, plan = $5::jsonb, head_hash = $6
WHERE id = $1 AND account_id = $7

-- name: finish
UPDATE kompang.import SET finished_at = now() WHERE id = $1 AND account_id = $2 RETURNING finished_at
