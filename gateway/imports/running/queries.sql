-- A batch of an import and the place where the batch ends, in one transaction.

-- name: account
SELECT timezone, country FROM kompang.account WHERE id = $1

-- name: devices
SELECT id, phone FROM kompang.device WHERE account_id = $1

-- name: phone_hashes
-- Page by page, so that the event loop has its turn between them.
SELECT s.byte_offset, s.hashes FROM kompang.import i JOIN kompang.import_seen s ON s.import_id = i.id
WHERE i.id = $1 AND i.account_id = $4 AND s.byte_offset > $2 ORDER BY s.byte_offset LIMIT $3

-- name: foresee
-- What is known of some people; $3, $4: their hashes, and whose each is.
SELECT l.id IS NOT NULL, l.consent_at IS NOT NULL, l.refused_at IS NOT NULL, EXISTS (
    SELECT FROM unnest($3::bytea[], $4::int[]) AS f (phone_hash, place)
    JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = f.phone_hash
    WHERE f.place = w.place)
FROM unnest($2::text[]) WITH ORDINALITY AS w (phone, place)
LEFT JOIN kompang.lead l ON l.account_id = $1 AND l.phone = w.phone
ORDER BY w.place

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
