-- What an account has that the rows of an import name: triggers, devices, zones.

-- name: set_up
-- A batch that a crash of the server takes back takes its place in the file with it, and is written again:
-- only the end of an import waits for the disk, and with it all that was written before.
-- The statements of a batch look at as many rows as it has, by key. Statistics say nothing of that: a table
-- that grows with the import would be read whole, batch after batch.
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['synchronous_commit', 'enable_hashjoin', 'enable_mergejoin', 'enable_material',
    'enable_seqscan', 'enable_bitmapscan']) AS name

-- name: count_suppressed
-- By all the hashes that the people of a batch may be known by; each has one suppression at most.
SELECT count(*) FROM kompang.suppression WHERE account_id = $1 AND phone_hash = ANY ($2::bytea[])
