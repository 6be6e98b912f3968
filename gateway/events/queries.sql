-- Events in the order in which they are told, and how far everything is committed.

-- name: horizon
-- Every transaction older than this one is over: what it wrote is seen, and nothing will be added.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid

-- name: tail
-- What the watched accounts got since the place ($1, $2), and the horizon up to which that is all.
-- One statement, so that both are of one snapshot. A row of nothing but the horizon when there is none.
SELECT horizon.xid AS horizon, e.xid::text::bigint AS xid, e.id, e.at, e.account_id, e.type, e.message_id,
    e.lead_id, e.device_id, e.state, e.reason, e.ban_reason, s.slug AS sequence
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid) horizon
LEFT JOIN LATERAL (
    SELECT * FROM kompang.event
    WHERE (xid, id) > ($1::text::xid8, $2::bigint)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
        AND account_id = ANY ($3::integer[])
    ORDER BY xid, id
    LIMIT $4
) e ON true
LEFT JOIN kompang.sequence s ON s.id = e.sequence_id
ORDER BY e.xid, e.id

-- name: of_lead
-- By the index (lead_id, at, id).
SELECT e.xid::text::bigint AS xid, e.id, e.at, e.account_id, e.type, e.message_id, e.lead_id, e.device_id,
    e.state, e.reason, e.ban_reason, s.slug AS sequence
FROM kompang.event e
LEFT JOIN kompang.sequence s ON s.id = e.sequence_id
WHERE e.account_id = $1 AND e.lead_id = $2::bigint AND (e.at, e.id) > ($3::timestamptz, $4::bigint)
ORDER BY e.at, e.id
LIMIT $5

-- name: history
-- One account's events after ($2, $3) and up to ($4, $5), which are all committed.
SELECT e.xid::text::bigint AS xid, e.id, e.at, e.account_id, e.type, e.message_id, e.lead_id, e.device_id,
    e.state, e.reason, e.ban_reason, s.slug AS sequence
FROM kompang.event e
LEFT JOIN kompang.sequence s ON s.id = e.sequence_id
WHERE e.account_id = $1
    AND (e.xid, e.id) > ($2::text::xid8, $3::bigint) AND (e.xid, e.id) <= ($4::text::xid8, $5::bigint)
ORDER BY e.xid, e.id
LIMIT $6
