-- The whole truth of Postgres, for the offline checker; run by the owner, on small databases.

-- name: messages
-- Numbers lose their `+`, as on the wire. LEFT JOIN: a message whose device or lead is missing must be seen.
SELECT m.id, m.state::text AS state, m.enrollment_id, m.position,
    coalesce(ltrim(d.phone, '+'), '') AS device,
    coalesce(ltrim(l.phone, '+'), '') AS recipient,
    wire_id(cluster.id, m.id) AS wire_id,
    coalesce(extract(epoch FROM greatest(c.min_delay, d.min_delay)), 0)::float8 AS min_delay_s,
    coalesce(encode(m.text_hash, 'hex'), '') AS text_hash,
    extract(epoch FROM s.created_at)::float8 AS suppressed_at,
    m.is_confirmation AND coalesce(m.scheduled_at = s.created_at, false) AS is_answer,
    m.state = 'cancelled' AND m.reason IS NOT DISTINCT FROM 'moved' AS is_replaced
FROM message m
CROSS JOIN cluster
LEFT JOIN device d ON d.id = m.device_id
LEFT JOIN lead l ON l.id = m.lead_id
LEFT JOIN campaign c ON c.id = m.campaign_id
LEFT JOIN suppression s ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash
ORDER BY m.id;

-- name: enrollments
-- What each lead must have got.
SELECT id, message_count FROM enrollment ORDER BY id;
