-- name: account
SELECT timezone, country FROM kompang.account WHERE id = $1

-- name: devices
SELECT id, phone FROM kompang.device WHERE account_id = $1

-- name: begin
-- Waits while another call begins the same import, and then finds it.
INSERT INTO kompang.import (account_id, request_id, options_hash, size) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, request_id) DO NOTHING
RETURNING id

-- name: find
SELECT id, options_hash, size, head_hash, plan, byte_offset, line, counts, created_at, finished_at
FROM kompang.import WHERE account_id = $1 AND request_id = $2

-- name: audit
INSERT INTO kompang.audit (account_id, api_key_id, method, resource, request_id) VALUES ($1, $2, $3, $4, $5)

-- name: read_seen
-- In pieces, so that the event loop has its turn between them.
SELECT byte_offset, hashes FROM kompang.import_seen
WHERE import_id = $1 AND byte_offset > $2 ORDER BY byte_offset LIMIT $3

-- name: lock
-- The fence: of two calls with the same import, one has come to another place when the other is let in.
SELECT byte_offset, finished_at FROM kompang.import WHERE id = $1 FOR NO KEY UPDATE

-- name: set_up
-- A batch that a crash of the server takes back takes its place in the file with it, and is written again:
-- only the end of an import waits for the disk, and with it all that was written before.
-- The statements of a batch look at as many rows as it has, by key. Statistics say nothing of that: a table
-- that grows with the import would be read whole, batch after batch.
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['synchronous_commit', 'enable_hashjoin', 'enable_mergejoin', 'enable_material',
    'enable_seqscan', 'enable_bitmapscan']) AS name

-- name: count_suppressed
SELECT count(*) FROM kompang.suppression WHERE account_id = $1 AND phone_hash = ANY ($2::bytea[])

-- name: advance
UPDATE kompang.import SET byte_offset = $2, line = $3, counts = $4::jsonb, plan = $5::jsonb, head_hash = $6
WHERE id = $1

-- name: keep_seen
INSERT INTO kompang.import_seen (import_id, byte_offset, hashes) VALUES ($1, $2, $3)

-- name: forget_seen
DELETE FROM kompang.import_seen WHERE import_id = $1

-- name: finish
UPDATE kompang.import SET finished_at = now() WHERE id = $1 RETURNING finished_at

-- name: keep_errors
INSERT INTO kompang.import_error (import_id, line, reason, because, cells)
SELECT $1, line, reason, because, cells::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS refused (line, reason, because, cells)

-- name: head
SELECT plan FROM kompang.import WHERE account_id = $1 AND id = $2

-- name: errors
SELECT line, reason, because, cells FROM kompang.import_error
WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3
