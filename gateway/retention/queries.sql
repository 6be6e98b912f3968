-- name: forget_requests
-- Deletes a small batch of rows, so that no mutation waits long for its row.
DELETE FROM kompang.request
WHERE (account_id, request_id) IN (
    SELECT account_id, request_id FROM kompang.request WHERE created_at < now() - $1::interval
    ORDER BY created_at LIMIT $2
    FOR UPDATE SKIP LOCKED
)

-- name: forget_inbound
-- Replies that no network delivers again; in small bites as well.
DELETE FROM kompang.inbound
WHERE (device_id, inbound_id) IN (
    SELECT device_id, inbound_id FROM kompang.inbound WHERE received_at < now() - $1::interval
    ORDER BY received_at LIMIT $2
)

-- name: forget_quarantine
-- Replies that dispatch could not record, with the numbers of their senders.
DELETE FROM kompang.quarantine
WHERE (device_id, inbound_id) IN (
    SELECT device_id, inbound_id FROM kompang.quarantine WHERE received_at < now() - $1::interval
    ORDER BY received_at LIMIT $2
)

-- name: forget_failed_logins
-- The old ones, and all but the newest 10,000: whoever has many addresses could fill the table.
DELETE FROM kompang.failed_login
WHERE (peer, reason) IN (
    SELECT peer, reason FROM kompang.failed_login
    WHERE last_at < now() - $1::interval
        OR last_at < (SELECT last_at FROM kompang.failed_login ORDER BY last_at DESC OFFSET 10000 LIMIT 1)
    ORDER BY last_at LIMIT $2
    FOR UPDATE SKIP LOCKED
)

-- name: ensure_partitions
-- What the gateway writes today and next week finds its place, also where nobody else is running.
SELECT kompang.ensure_partitions(now(), now() + interval '1 week')

-- name: forget_imports
-- With the rows that were refused, in which numbers and names stand. One at a time: there are few.
DELETE FROM kompang.import
WHERE id IN (
    SELECT id FROM kompang.import WHERE created_at < now() - $1::interval
    ORDER BY created_at LIMIT $2
    FOR UPDATE SKIP LOCKED
)

-- name: forget_audit
DELETE FROM kompang.audit
WHERE id IN (SELECT id FROM kompang.audit WHERE at < now() - $1::interval ORDER BY id LIMIT $2)

-- name: take_time
-- For this transaction; in milliseconds.
SELECT set_config('statement_timeout', $1, true)

-- name: drop_old
-- One step of dropping what is older than its week; NULL when nothing is left to do now.
SELECT kompang.drop_old(now() - $1::interval, now() - $2::interval, $3)
