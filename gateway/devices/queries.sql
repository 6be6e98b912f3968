-- name: create
-- The shard is a stable hash of what a device is, placed once and kept. Numbers that are linked already
-- are not returned: the caller finds them missing.
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::interval[], $5::interval[], $6::integer[],
            $7::integer[], $8::float8[])
        WITH ORDINALITY AS device (phone, display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth, place)
), made AS (
    INSERT INTO kompang.device
        (account_id, phone, display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth, shard)
    SELECT $1::integer, phone, display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth,
        ('x' || substr(md5($1::integer::text || ':' || phone), 1, 8))::bit(32)::bigint % cluster.shard_count
    FROM wanted, kompang.cluster
    ORDER BY place
    ON CONFLICT (account_id, phone) DO NOTHING
    RETURNING id, phone
), paced AS (
    INSERT INTO kompang.device_pace (device_id) SELECT id FROM made
)
SELECT id, phone FROM made

-- name: read_many
SELECT d.id, d.display_name, d.phone, d.min_delay, d.max_delay, d.daily_cap, d.warmup_start, d.warmup_growth, d.state, d.state_reason,
    d.held_until, d.shard, d.created_at, p.last_sent_at, coalesce(h.host_id, '') AS host
FROM kompang.device d
JOIN kompang.device_pace p ON p.device_id = d.id
LEFT JOIN kompang.shard_lease s ON s.shard = d.shard
LEFT JOIN kompang.host h ON h.incarnation = s.incarnation AND h.expires_at > now()
WHERE d.account_id = $1 AND d.id = ANY ($2::bigint[])

-- name: list
-- An account has at most some thousands: its part of the unique key (account_id, phone) is read and sorted.
SELECT d.id, d.display_name, d.phone, d.min_delay, d.max_delay, d.daily_cap, d.warmup_start, d.warmup_growth, d.state, d.state_reason,
    d.held_until, d.shard, d.created_at, p.last_sent_at, coalesce(h.host_id, '') AS host
FROM (
    SELECT * FROM kompang.device WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3
) d
JOIN kompang.device_pace p ON p.device_id = d.id
LEFT JOIN kompang.shard_lease s ON s.shard = d.shard
LEFT JOIN kompang.host h ON h.incarnation = s.incarnation AND h.expires_at > now()
ORDER BY d.id

-- name: exists
SELECT id FROM kompang.device WHERE account_id = $1 AND id = ANY ($2::bigint[])
