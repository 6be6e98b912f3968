-- What is old and goes, in pieces, with the weeks of the tables that have them.

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
-- Replies that dispatch could not record, with the numbers of their senders. A stop word that waits for its identity
-- to become a lead's is kept, as the suppression is that it would have made.
DELETE FROM kompang.quarantine
WHERE (device_id, inbound_id) IN (
    SELECT device_id, inbound_id FROM kompang.quarantine
    WHERE received_at < now() - $1::interval AND NOT (waits_for_lid AND meaning = 'stop')
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

-- name: holiday_regions
-- Whose holidays are used.
SELECT DISTINCT region FROM kompang.account CROSS JOIN LATERAL unnest(holiday_regions) region ORDER BY region

-- name: lock_accounts
-- Those whose quiet days may change, before they are read: a change of the account meanwhile is not overwritten.
SELECT id FROM kompang.account WHERE holiday_regions <> '{}' OR quiet_days <> '{}' ORDER BY id FOR NO KEY UPDATE

-- name: settle_quiet_days
UPDATE kompang.account a SET quiet_days = settled.days
FROM (
    SELECT id, ARRAY(SELECT q.day FROM kompang.account_quiet_days(id) q WHERE q.day >= current_date - 7 ORDER BY q.day) AS days
    FROM kompang.account WHERE id = ANY ($1::int[])
) settled
WHERE a.id = settled.id AND a.quiet_days <> settled.days

-- name: forget_days
-- Of more than a year ago, and the holidays of regions that nobody uses.
WITH own AS (
    DELETE FROM kompang.account_day WHERE day < current_date - 366
)
DELETE FROM kompang.public_holiday h
WHERE h.day < current_date - 366
    OR NOT EXISTS (SELECT FROM kompang.account a WHERE h.region = ANY (a.holiday_regions))
