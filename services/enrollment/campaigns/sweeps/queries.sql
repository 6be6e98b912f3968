-- Walks over the messages of a campaign, to cancel those that are pending or to retry those that failed.

-- name: sweeps
-- What was asked of all messages of a campaign, and is not done yet.
SELECT campaign_id, kind FROM campaign_sweep WHERE next_at <= now() ORDER BY campaign_id

-- name: close_devices
-- Before a sweep of what is cancelled: a piece of the launch that is being written ends here, and the
-- next one finds nothing to write.
UPDATE campaign_device SET is_done = true WHERE campaign_id = $1 AND NOT is_done

-- name: cancel
-- The next $2 messages of a cancelled campaign: those still pending end. None is waited for.
WITH sweep AS MATERIALIZED (
    SELECT campaign_id, lead_cursor FROM campaign_sweep
    WHERE campaign_id = $1 AND kind = 'cancel' FOR UPDATE SKIP LOCKED
), page AS MATERIALIZED (
    SELECT one.lead_id, one.message_id, one.scheduled_at
    FROM sweep CROSS JOIN LATERAL (
        SELECT * FROM campaign_lead
        WHERE campaign_id = sweep.campaign_id AND lead_id > sweep.lead_cursor ORDER BY lead_id LIMIT $2
    ) one
), open AS MATERIALIZED (
    SELECT m.id, m.scheduled_at FROM page CROSS JOIN LATERAL (
        SELECT id, scheduled_at FROM message
        WHERE message.id = page.message_id AND message.scheduled_at = page.scheduled_at AND state = 'pending'
        FOR UPDATE SKIP LOCKED
    ) m
), ended AS (
    UPDATE message m SET state = 'cancelled', reason = 'stopped'
    FROM open WHERE m.id = open.id AND m.scheduled_at = open.scheduled_at AND m.state = 'pending'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id
), reported AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, 'cancelled', 'stopped' FROM ended
), moved AS (
    UPDATE campaign_sweep s SET lead_cursor = read.last_id
    FROM (SELECT max(lead_id) AS last_id FROM page) read
    WHERE s.campaign_id = $1 AND read.last_id IS NOT NULL
)
SELECT (SELECT count(*) FROM sweep) AS sweeps, (SELECT count(*) FROM page) AS messages,
    (SELECT count(*) FROM ended) AS changed

-- name: retry
-- The next $2 messages of a campaign: those that failed for one of the reasons $3 are pending again. The
-- pace of a device is locked before its messages, and in the order of the devices, as everywhere.
WITH sweep AS MATERIALIZED (
    SELECT campaign_id, lead_cursor FROM campaign_sweep
    WHERE campaign_id = $1 AND kind = 'retry' FOR UPDATE SKIP LOCKED
), page AS MATERIALIZED (
    SELECT one.lead_id, one.message_id, one.scheduled_at
    FROM sweep CROSS JOIN LATERAL (
        SELECT * FROM campaign_lead
        WHERE campaign_id = sweep.campaign_id AND lead_id > sweep.lead_cursor ORDER BY lead_id LIMIT $2
    ) one
), failed AS MATERIALIZED (
    SELECT m.id, m.scheduled_at, m.device_id FROM page CROSS JOIN LATERAL (
        SELECT id, scheduled_at, device_id FROM message
        WHERE message.id = page.message_id AND message.scheduled_at = page.scheduled_at
            AND state = 'failed' AND reason = ANY ($3::text[]) OFFSET 0
    ) m
), paces AS MATERIALIZED (
    SELECT device_id FROM device_pace
    WHERE device_id IN (SELECT device_id FROM failed) ORDER BY device_id FOR UPDATE
), again AS (
    UPDATE message m SET state = 'pending', reason = 'retry'
    FROM failed JOIN paces ON paces.device_id = failed.device_id
    WHERE m.id = failed.id AND m.scheduled_at = failed.scheduled_at AND m.state = 'failed'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.scheduled_at
), found AS (
    -- The scan finds again what is pending.
    UPDATE device_pace p SET cursor_at = least(p.cursor_at, first.scheduled_at)
    FROM (SELECT device_id, min(scheduled_at) AS scheduled_at FROM again GROUP BY device_id) first
    WHERE p.device_id = first.device_id
), moved AS (
    UPDATE campaign_sweep s SET lead_cursor = read.last_id
    FROM (SELECT max(lead_id) AS last_id FROM page) read
    WHERE s.campaign_id = $1 AND read.last_id IS NOT NULL
)
SELECT (SELECT count(*) FROM sweep) AS sweeps, (SELECT count(*) FROM page) AS messages,
    (SELECT count(*) FROM again) AS changed

-- name: next_swept
-- Of a walk: the lead behind the cursor.
SELECT s.lead_cursor AS cursor, l.lead_id
FROM campaign_sweep s CROSS JOIN LATERAL (
    SELECT lead_id FROM campaign_lead
    WHERE campaign_id = s.campaign_id AND lead_id > s.lead_cursor ORDER BY lead_id LIMIT 1
) l
WHERE s.campaign_id = $1 AND s.kind = $2

-- name: pass_swept
-- A message that cannot be changed is left as it is: the cursor goes from $3 to its lead ($4).
UPDATE campaign_sweep SET lead_cursor = $4::bigint WHERE campaign_id = $1 AND kind = $2 AND lead_cursor = $3

-- name: end_sweep
-- A cancelled campaign may still have pending messages at the end of a walk: a hand held the row, or a
-- device gave one back. The hand ends those of devices that are connected; for the others there is a
-- second walk, later. Asked again of each row: was the walk begun anew meanwhile, it is not at its end.
WITH rest AS (
    SELECT s.campaign_id, s.kind = 'cancel' AND EXISTS (
        SELECT FROM campaign_counts(s.campaign_id) n WHERE n.state IN ('pending', 'handed') AND n.messages > 0
    ) AS has_more
    FROM campaign_sweep s WHERE s.campaign_id = $1 AND s.kind = $2
), again AS (
    UPDATE campaign_sweep s SET lead_cursor = 0, next_at = now() + make_interval(secs => $3::float8)
    FROM rest WHERE rest.has_more AND s.campaign_id = rest.campaign_id AND s.kind = $2
)
DELETE FROM campaign_sweep s USING rest
WHERE NOT rest.has_more AND s.campaign_id = rest.campaign_id AND s.kind = $2
    AND NOT EXISTS (SELECT FROM campaign_lead l WHERE l.campaign_id = s.campaign_id AND l.lead_id > s.lead_cursor)
