-- What is due, and where each device's scan begins.

-- name: scan
-- The due window of many devices in one statement: from each device's cursor, the first messages that
-- are due within the horizon ($4, seconds). Columns: device, room, whether its host has said that nothing
-- is in flight there. A message that is in flight all the same is left over: the statement returns it, because
-- the device may never have another message that is due.
SELECT a.device_id, m.id AS message_id, m.scheduled_at,
    EXTRACT(EPOCH FROM m.scheduled_at - clock_timestamp())::float8 AS due_s, m.is_left_over
FROM unnest($1::int[], $2::int[], $3::bool[]) AS a (device_id, room, is_idle)
JOIN device_pace p ON p.device_id = a.device_id
CROSS JOIN LATERAL (
    (SELECT id, scheduled_at, false AS is_left_over FROM message
    WHERE message.device_id = a.device_id
        AND message.scheduled_at >= p.cursor_at
        AND message.scheduled_at <= now() + make_interval(secs => $4::float8)
        AND state = 'pending'
        AND (not_before IS NULL OR not_before <= now())
        -- Few campaigns sleep, with many messages: the list is made once, and looked at for each of them.
        AND (campaign_id IS NULL OR (
            campaign_id <> ALL (ARRAY(SELECT c.id FROM campaign c WHERE c.state IN ('launching', 'paused')))
            AND (campaign_id <> ALL (ARRAY(SELECT c.id FROM campaign c WHERE c.state = 'running' AND c.shift > '0 s'))
                OR (message.scheduled_at <= now() + make_interval(secs => $4::float8)
                        - (SELECT min(c.shift) FROM campaign c WHERE c.state = 'running' AND c.shift > '0 s')
                    AND EXISTS (SELECT FROM campaign c WHERE c.id = message.campaign_id
                        AND message.scheduled_at + c.shift <= now() + make_interval(secs => $4::float8))))))
    ORDER BY scheduled_at, id
    LIMIT a.room)
    UNION ALL
    SELECT p.in_flight_id, p.in_flight_at, true WHERE a.is_idle AND p.in_flight_id IS NOT NULL
) m;

-- name: advance_cursors
-- Moves each device's cursor to its first message that is still open, never nearer than two minutes:
-- rows whose transaction is still open may be scheduled as early as that transaction's start. What is
-- unknown and not in flight, or held by a reply, waits for an operator, who pulls the cursor back: a pace
-- that anybody changed since it was looked at is left for the next time. What is deferred for longer than
-- two minutes is passed too, and remembered; when the first of it may go, the cursor returns to where it
-- begins.
UPDATE device_pace p
SET cursor_at = moved.cursor_at, back_at = moved.back_at, back_to = moved.back_to
FROM (
    SELECT held.device_id, held.xmin AS seen, open.cursor_at,
        least(held.back_at, passed.first_at) AS back_at,
        CASE WHEN passed.first_at IS NULL THEN held.back_to ELSE least(held.back_to, passed.begin_at) END AS back_to
    FROM (
        SELECT device_id, xmin, in_flight_id, cursor_at AS was_at,
            CASE WHEN is_back THEN least(cursor_at, back_to) ELSE cursor_at END AS cursor_at,
            CASE WHEN NOT is_back THEN back_at END AS back_at,
            CASE WHEN NOT is_back THEN back_to END AS back_to
        FROM (
            SELECT pace.*, pace.xmin, coalesce(back_at <= now() + interval '2 min', false) AS is_back
            FROM unnest($1::int[]) AS a (device_id) JOIN device_pace pace ON pace.device_id = a.device_id
        ) pace
    ) held
    CROSS JOIN LATERAL (
        SELECT greatest(held.cursor_at, least(now() - interval '2 min', coalesce(
            (SELECT scheduled_at FROM message
             WHERE message.device_id = held.device_id AND message.scheduled_at >= held.cursor_at
                 AND message.scheduled_at < now()
                 AND (state = 'handed' OR (state = 'unknown' AND id = held.in_flight_id)
                    OR (state = 'pending' AND (not_before IS NULL OR not_before <= now() + interval '2 min')))
             ORDER BY scheduled_at, id LIMIT 1), 'infinity'))) AS cursor_at
    ) open
    CROSS JOIN LATERAL (
        SELECT min(not_before) AS first_at, min(scheduled_at) AS begin_at FROM message
        WHERE message.device_id = held.device_id
            AND message.scheduled_at >= held.cursor_at AND message.scheduled_at < open.cursor_at
            AND state = 'pending'
    ) passed
    WHERE (open.cursor_at, held.back_at) IS DISTINCT FROM (held.was_at, least(held.back_at, passed.first_at))
        OR held.cursor_at < held.was_at
) moved
WHERE p.device_id = moved.device_id AND p.xmin = moved.seen;
