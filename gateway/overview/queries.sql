-- What an account does now, in a few figures.

-- name: devices
-- The account, its day, and its devices by what they do: some thousands of rows by key.
SELECT a.slug, now() AS at, date_trunc('day', now() AT TIME ZONE a.timezone) AT TIME ZONE a.timezone AS day_at,
    count(*) FILTER (WHERE d.now = 'ready') AS ready, count(*) FILTER (WHERE d.now = 'sending') AS sending,
    count(*) FILTER (WHERE d.now = 'pacing') AS pacing, count(*) FILTER (WHERE d.now = 'hostless') AS hostless,
    count(*) FILTER (WHERE d.now = 'held') AS held, count(*) FILTER (WHERE d.now = 'parked') AS parked,
    count(d.now) AS total,
    (SELECT coalesce(r.noticed_at, now()) FROM kompang.cluster c LEFT JOIN kompang.restore r ON r.id = c.held_by
        WHERE c.held_by IS NOT NULL OR c.lineage <> kompang.lineage()) AS restored_at
FROM kompang.account a
LEFT JOIN LATERAL (
    SELECT CASE
        WHEN device.state = 'parked' OR (device.state = 'held' AND device.held_until > now()) THEN device.state
        WHEN h.incarnation IS NULL THEN 'hostless'
        WHEN p.in_flight_id IS NOT NULL THEN 'sending'
        WHEN p.last_sent_at + device.min_delay > now() THEN 'pacing'
        ELSE 'ready' END AS now
    FROM kompang.device
    JOIN kompang.device_pace p ON p.device_id = device.id
    LEFT JOIN kompang.shard_lease s ON s.shard = device.shard
    LEFT JOIN kompang.host h ON h.incarnation = s.incarnation AND h.expires_at > now()
    WHERE device.account_id = a.id
) d ON true
WHERE a.id = $1
GROUP BY a.id

-- name: due
-- Of each device at most $2 and one more, by the index (device_id, scheduled_at): a backlog of millions costs
-- no more. What is deferred to a later time is not due; what was deferred until now is, although the cursor
-- comes back to it only when dispatch moves it, which it does for devices that have a host.
SELECT coalesce(sum(least(due.messages, $2::integer)), 0)::bigint AS messages,
    coalesce(bool_or(due.messages > $2::integer), false) AS is_more
FROM kompang.device d
JOIN kompang.device_pace p ON p.device_id = d.id
CROSS JOIN LATERAL (
    SELECT count(*) AS messages FROM (
        SELECT FROM kompang.message m
        WHERE m.device_id = d.id AND m.scheduled_at <= now()
            AND m.scheduled_at >= least(p.cursor_at, CASE WHEN p.back_at <= now() THEN p.back_to END)
            AND m.state = 'pending' AND (m.not_before IS NULL OR m.not_before <= now())
        LIMIT $2::integer + 1
    ) one
) due
WHERE d.account_id = $1

-- name: campaigns
-- From the folded counts, never from the messages. Of those that are cancelled something may be unknown still.
SELECT coalesce(sum(n.messages) FILTER (WHERE n.state = 'pending' AND c.state <> 'cancelled'), 0)::bigint AS planned,
    coalesce(sum(n.messages) FILTER (WHERE n.state = 'unknown'), 0)::bigint AS unknown
FROM kompang.campaign c CROSS JOIN LATERAL kompang.campaign_counts(c.id) n
WHERE c.account_id = $1

-- name: open_campaigns
-- The newest first; and how many there are in all.
SELECT id, count(*) OVER () AS campaigns
FROM kompang.campaign
WHERE account_id = $1 AND state IN ('scheduled', 'launching', 'running', 'paused')
ORDER BY id DESC LIMIT $2

-- name: unknown
-- Which of these messages of sequences wait for somebody. One that is in flight is being repeated. Nothing is
-- handed that was due long ago, so a few partitions are looked at.
SELECT count(*)
FROM kompang.message m
JOIN kompang.device_pace p ON p.device_id = m.device_id
WHERE m.account_id = $2 AND m.id = ANY ($1::bigint[]) AND m.scheduled_at > now() - interval '4 weeks' AND m.scheduled_at <= now()
    AND m.state = 'unknown' AND m.campaign_id IS NULL AND p.in_flight_id IS DISTINCT FROM m.id

-- name: unmatched_stops
-- Stop words that no lead could be found for, recorded or in quarantine; a flood of them is not counted to its end.
SELECT (SELECT count(*) FROM (
        SELECT FROM kompang.inbound
        WHERE account_id = $1 AND kind IN ('stop', 'perhaps') AND lead_id IS NULL AND received_at > now() - interval '7 days'
        LIMIT 1000) recorded)
    + (SELECT count(*) FROM (
        SELECT FROM kompang.quarantine q JOIN kompang.device d ON d.id = q.device_id
        WHERE d.account_id = $1 AND q.meaning = 'stop' AND q.received_at > now() - interval '30 days' LIMIT 1000) kept)

-- name: doubts
-- Leads whose suppression waits for somebody of the account; a flood of them is not counted to its end.
SELECT count(*) FROM (
    SELECT FROM kompang.suppression s
    JOIN kompang.lead l ON l.account_id = $1 AND l.phone_hash = s.phone_hash AND l.erased_at IS NULL
    WHERE s.account_id = $1 AND s.doubted_at IS NOT NULL LIMIT 1000) doubted

-- name: arrivals
-- What dispatch has counted for each device within the day.
SELECT coalesce(sum(n.accepted), 0)::bigint AS accepted, coalesce(sum(n.undelivered), 0)::bigint AS undelivered,
    count(*) FILTER (WHERE n.is_poor) AS poor
FROM kompang.device d JOIN kompang.device_delivery n ON n.device_id = d.id
WHERE d.account_id = $1 AND n.counted_at > now() - interval '1 day'

-- name: horizon
-- Every transaction older than this one is over: what it wrote is seen, and nothing will be added.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid

-- name: probe
-- When the first event from transaction $2 on was; only partitions of the week of $3 or later are looked at: a
-- partition begins with its week, so that nothing is read to be left out.
SELECT at FROM kompang.event
WHERE account_id = $1 AND xid >= $2::text::xid8
    AND at >= date_trunc('week', $3::timestamptz, 'UTC') AND at <= now() + interval '1 hour'
ORDER BY xid, id LIMIT 1

-- name: piece
-- The next $4 events after the place ($2, $3) and up to ($8, $9) that are committed, counted: by state from $5 on, and by second since
-- $6. The place after them, and those of the newest that are not everyday, stand in every row; a row of nothing else
-- when there are none. The hour ahead keeps the partitions of the years to come out of it.
WITH piece AS MATERIALIZED (
    SELECT xid, id, at, type, message_id, state FROM kompang.event
    WHERE account_id = $1 AND (xid, id) > ($2::text::xid8, $3::bigint) AND (xid, id) <= ($8::text::xid8, $9::bigint)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
        AND at >= least($5::timestamptz, $6::timestamptz) AND at <= now() + interval '1 hour'
    ORDER BY xid, id LIMIT $4
), last AS (
    SELECT xid::text::bigint AS xid, id FROM piece ORDER BY piece.xid DESC, piece.id DESC LIMIT 1
), notable AS (
    SELECT array_agg(xid::text) AS xids, array_agg(id) AS ids FROM (
        SELECT xid, id FROM piece
        WHERE type IN ('device_changed', 'lead_suppressed', 'lead_replied', 'lead_restored', 'lead_doubted', 'lead_identified')
            OR type = 'message_changed' AND state IN ('failed', 'unknown', 'expired')
        ORDER BY xid DESC, id DESC LIMIT $7
    ) newest
)
SELECT last.xid, last.id, (SELECT count(*) FROM piece) AS events, notable.xids, notable.ids, told.*
FROM notable LEFT JOIN last ON true LEFT JOIN LATERAL (
    SELECT state, CASE WHEN at > $6 THEN date_trunc('second', at) END AS second, count(*) AS messages,
        count(*) FILTER (WHERE at >= $5) AS today,
        array_agg(message_id) FILTER (WHERE state = 'unknown') AS unknown
    FROM piece WHERE type = 'message_changed'
    GROUP BY 1, 2
) told ON true

-- name: events
-- These events of the account, the newest first.
SELECT e.xid::text::bigint AS xid, e.id, e.at, e.account_id, e.type, e.message_id, e.lead_id, e.device_id,
    e.state, e.reason, e.ban_reason, s.slug AS sequence
FROM unnest($2::text[], $3::bigint[]) AS wanted (xid, id)
JOIN kompang.event e ON e.account_id = $1 AND e.xid = wanted.xid::xid8 AND e.id = wanted.id
    AND e.at >= least($4::timestamptz, $5::timestamptz) AND e.at <= now() + interval '1 hour'
LEFT JOIN kompang.sequence s ON s.id = e.sequence_id
ORDER BY e.xid DESC, e.id DESC
