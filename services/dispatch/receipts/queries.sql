-- The receipts of messages, and how many are missing.

-- name: record_receipts
-- Moves messages on that the network took: sent → delivered → read, never back. Columns: device, id on the wire, kind; a
-- message once. Only of the device that sent it, and only those due from $4 to before $5: an id says nothing of the
-- partition, and what a receipt tells of was mostly due a moment ago. Returns a row a receipt: which message it names,
-- and its state before, where it was found. Who has another state than this statement may move is for `settle_receipts`.
WITH told AS MATERIALIZED (
    SELECT t.place, t.device_id, t.kind, wire_message(cluster.id, t.wire_id) AS message_id
    FROM unnest($1::int[], $2::text[], $3::text[]) WITH ORDINALITY AS t (device_id, wire_id, kind, place)
    CROSS JOIN cluster
), found AS (
    SELECT told.*, m.scheduled_at, m.state
    -- The limit keeps the device out of the look-up: by its index, all messages of a week would be read for one.
    FROM told LEFT JOIN LATERAL (
        SELECT one.device_id, one.scheduled_at, one.state FROM message one
        WHERE one.id = told.message_id AND one.scheduled_at >= $4::timestamptz AND one.scheduled_at < $5::timestamptz
        LIMIT 1
    ) m ON m.device_id = told.device_id
    -- In one order, so that two batches cannot wait for each other.
    ORDER BY told.device_id, told.message_id
), moved AS (
    UPDATE message m SET state = f.kind::message_state
    FROM found f
    WHERE m.id = f.message_id AND m.scheduled_at = f.scheduled_at AND m.state = f.state
        AND (f.state = 'sent' OR (f.state = 'delivered' AND f.kind = 'read'))
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state FROM moved
)
-- IN, not a join: the planner cannot know how many rows a CTE returns, but it hashes this.
SELECT place, message_id, scheduled_at, state::text AS state,
    coalesce(message_id IN (SELECT id FROM moved), false) AS is_moved
FROM found;

-- name: settle_receipts
-- Receipts of messages about which nobody had the network's word yet, or somebody had decided without it: what arrived was
-- sent. So what follows from a `sent` follows here: the flight ends, the gap begins anew, the send counts, the
-- enrollment may have finished. Columns: device, message, scheduled_at, kind, when (NULL: not told). As a late `sent`,
-- only of a message that was ever handed, or that a restored database has forgotten about. The outcome that follows
-- finds the message settled (`record_outcomes`).
WITH told AS (
    SELECT t.* FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::text[], $5::timestamptz[])
        AS t (device_id, message_id, scheduled_at, kind, at)
    JOIN device_pace p ON p.device_id = t.device_id
    -- The pace first, and devices in one order, as everywhere.
    ORDER BY t.device_id, t.message_id
    FOR UPDATE OF p
), seen AS (
    -- Locked, so that this is the newest state.
    SELECT told.*, m.state AS was
    FROM told JOIN message m ON m.id = told.message_id AND m.scheduled_at = told.scheduled_at
        AND m.device_id = told.device_id
    WHERE m.state <> 'read' AND (m.attempts > 0 OR (m.state = 'unknown' AND m.reason = 'restored'))
    FOR UPDATE OF m
), settled AS (
    UPDATE message m
    SET state = s.kind::message_state,
        reason = CASE WHEN s.was IN ('sent', 'delivered') THEN m.reason END,
        sent_at = coalesce(m.sent_at, greatest(m.handed_at, least(now(), s.at)))
    FROM seen s
    WHERE m.id = s.message_id AND m.scheduled_at = s.scheduled_at AND NOT (s.was = 'delivered' AND s.kind = 'delivered')
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.enrollment_id, m.position, m.state, s.was,
        s.was NOT IN ('sent', 'delivered') AS is_new
), paced AS (
    UPDATE device_pace p
    SET in_flight_id = CASE WHEN p.in_flight_id = ANY (t.ids) THEN NULL ELSE p.in_flight_id END,
        in_flight_at = CASE WHEN p.in_flight_id = ANY (t.ids) THEN NULL ELSE p.in_flight_at END,
        -- It was accepted a moment ago at the latest.
        last_sent_at = CASE WHEN p.in_flight_id = ANY (t.ids) THEN greatest(p.last_sent_at, now()) ELSE p.last_sent_at END,
        first_contacts_on = CASE WHEN p.in_flight_id = ANY (t.ids) AND p.is_first_contact THEN t.today ELSE p.first_contacts_on END,
        first_contact_count = CASE WHEN p.in_flight_id = ANY (t.ids) AND p.is_first_contact
            THEN CASE WHEN p.first_contacts_on = t.today THEN p.first_contact_count + 1 ELSE 1 END
            ELSE p.first_contact_count END,
        sent_on = t.today,
        first_sent_on = coalesce(p.first_sent_on, t.today),
        sent_count = CASE WHEN p.sent_on = t.today THEN p.sent_count + t.messages ELSE t.messages END
    FROM (
        SELECT s.device_id, (now() AT TIME ZONE account.timezone)::date AS today, array_agg(s.id) AS ids,
            count(*)::int AS messages
        FROM settled s JOIN account ON account.id = s.account_id
        WHERE s.is_new
        GROUP BY s.device_id, account.timezone
    ) t
    WHERE p.device_id = t.device_id
), closed AS (
    UPDATE enrollment e SET state = 'finished', reason = '', ended_at = now()
    FROM settled s
    WHERE s.is_new AND e.id = s.enrollment_id AND e.state IN ('active', 'held') AND s.position = e.message_count
), noted AS (
    -- Who counts what was sent finds it here, too.
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state)
    SELECT s.account_id, 'message_changed', s.id, s.lead_id, s.device_id, came.state
    FROM settled s CROSS JOIN LATERAL (VALUES (1, 'sent'), (2, s.state::text)) came (place, state)
    WHERE came.place = 2 OR s.is_new
    ORDER BY s.id, came.place
)
SELECT id, is_new FROM settled;

-- name: arrivals
-- Of the devices of these shards: how many messages the network took within a day and $2 seconds ago or earlier, and how
-- many of them have not arrived; and what was kept of it before. Reads sums of ten minutes, and writes nothing: a
-- transaction that writes would hold up who watches events. Poor: $3 have not arrived at least, and more than half; it
-- ends when fewer than half of $3 have not, or no more than a third. Only where receipts are told: something of the device has
-- arrived, or for a day already something of others on its network (hosts of an older version tell nothing).
WITH telling AS MATERIALIZED (
    SELECT DISTINCT d.transport FROM device_delivery k JOIN device d ON d.id = k.device_id
    WHERE k.arrives_since < now() - interval '1 day'
)
SELECT d.id AS device_id, n.accepted, n.undelivered, n.arrived, judged.is_poor,
    k.device_id IS NULL
        OR (k.accepted, k.undelivered, k.is_poor) IS DISTINCT FROM (n.accepted, n.undelivered, judged.is_poor)
        OR (k.arrives_since IS NULL AND n.arrived)
        -- Who reads it passes over what nobody has counted for a day.
        OR k.counted_at < now() - interval '1 hour' AS is_changed
FROM device d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.sent), 0)::int AS accepted,
        coalesce(sum(greatest(a.sent - a.delivered, 0)), 0)::int AS undelivered,
        coalesce(bool_or(a.delivered > 0), false) AS arrived
    FROM device_arrival a
    WHERE a.device_id = d.id AND a.sent_from > now() - interval '1 day'
        AND a.sent_from <= now() - interval '10 min' - make_interval(secs => $2::float8)
) n
LEFT JOIN device_delivery k ON k.device_id = d.id
CROSS JOIN LATERAL (
    SELECT (k.arrives_since IS NOT NULL OR n.arrived OR d.transport IN (SELECT transport FROM telling))
        AND CASE WHEN k.is_poor THEN n.undelivered * 2 >= $3::int AND n.undelivered * 3 > n.accepted
            ELSE n.undelivered >= $3::int AND n.undelivered * 2 > n.accepted END AS is_poor
) judged
WHERE d.shard = ANY($1::smallint[]) AND (n.accepted > 0 OR k.device_id IS NOT NULL)
ORDER BY d.id;

-- name: keep_arrivals
-- What `arrivals` found. Columns: device, accepted, undelivered, whether anything arrived, whether it is poor. An event
-- says so when that begins.
WITH found AS (
    SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::bool[], $5::bool[])
        AS t (device_id, accepted, undelivered, arrived, is_poor)
), worse AS (
    SELECT found.device_id FROM found LEFT JOIN device_delivery k ON k.device_id = found.device_id
    WHERE found.is_poor AND k.is_poor IS NOT TRUE
), kept AS (
    INSERT INTO device_delivery AS k (device_id, accepted, undelivered, is_poor, arrives_since)
    SELECT device_id, accepted, undelivered, is_poor, CASE WHEN arrived THEN now() END FROM found ORDER BY device_id
    ON CONFLICT (device_id) DO UPDATE
    SET accepted = excluded.accepted, undelivered = excluded.undelivered, is_poor = excluded.is_poor,
        arrives_since = coalesce(k.arrives_since, excluded.arrives_since), counted_at = now()
)
INSERT INTO event (account_id, type, device_id, state, reason)
SELECT d.account_id, 'device_changed', d.id, d.state, 'not_delivered'
FROM worse JOIN device d ON d.id = worse.device_id;

-- name: forget_arrivals
-- Sums that are older than any figure, of the devices of these shards.
DELETE FROM device_arrival a USING device d
WHERE d.shard = ANY($1::smallint[]) AND a.device_id = d.id AND a.sent_from < now() - interval '2 days';
