-- The linked numbers of an account: made, read, changed, released.

-- name: create
-- The shard is a stable hash of what a device is, placed once and kept. Numbers that are linked already, by
-- whatever account, are not returned: the caller finds them missing. Two calls with one number at one moment wait
-- for each other here, at the unique index.
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::interval[], $6::interval[], $7::integer[],
            $8::integer[], $9::float8[], $10::integer[], $11::text[], $12::bytea[])
        WITH ORDINALITY AS device (phone, transport, display_name, min_delay, max_delay, daily_cap, warmup_start,
            warmup_growth, first_contact_cap, label, proxy, place)
), made AS (
    INSERT INTO kompang.device
        (account_id, phone, transport, display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth,
            first_contact_cap, label, proxy, shard)
    SELECT $1::integer, phone, transport, display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth,
        first_contact_cap, label, proxy,
        ('x' || substr(md5($1::integer::text || ':' || phone), 1, 8))::bit(32)::bigint % cluster.shard_count
    FROM wanted, kompang.cluster
    ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING id, phone
), paced AS (
    INSERT INTO kompang.device_pace (device_id) SELECT id FROM made
)
SELECT id, phone FROM made

-- name: own_phones
-- Which of these numbers are the account's own devices, linked or not.
SELECT phone FROM kompang.device WHERE account_id = $1 AND phone = ANY ($2::text[])

-- name: read_many
SELECT d.id, d.display_name, d.phone, d.min_delay, d.max_delay, d.daily_cap, d.warmup_start, d.warmup_growth, d.first_contact_cap, d.label, d.proxy,
    d.transport, d.state, d.state_reason, d.ban_reason, d.held_until,
    -- What a host said under a lease that it has lost since says nothing of now.
    CASE WHEN k.state = 'connected' AND (k.epoch <> s.epoch OR h.incarnation IS NULL) THEN 'disconnected'
        ELSE coalesce(k.state, 'disconnected') END AS link_state, coalesce(k.jid, '') AS jid,
    d.shard, d.version, d.created_at, p.last_sent_at, coalesce(h.host_id, '') AS host,
    CASE WHEN p.sent_on = day.today THEN p.sent_count ELSE 0 END AS sent_today,
    coalesce(kompang.device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
        coalesce(day.today - p.first_sent_on, 0)), 0) AS cap_today,
    CASE WHEN d.first_contacts_held_until > now() THEN d.first_contacts_held_until END AS first_contacts_held_until,
    CASE WHEN p.first_contacts_on = day.today THEN p.first_contact_count ELSE 0 END AS first_contacts_today,
    coalesce(kompang.first_contact_cap(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth,
        coalesce(day.today - p.first_sent_on, 0)), 0) AS first_contact_cap_today,
    (SELECT count(*) FROM (
        SELECT FROM kompang.message m
        WHERE m.device_id = d.id AND m.scheduled_at >= least(p.cursor_at, p.back_to) AND m.state = 'pending'
        LIMIT 1000) waiting)::integer AS pending,
    coalesce(arrived.accepted, 0) AS accepted, coalesce(arrived.undelivered, 0) AS undelivered
FROM kompang.device d
JOIN kompang.device_pace p ON p.device_id = d.id
LEFT JOIN kompang.device_link k ON k.device_id = d.id
-- Counted by dispatch, of the day before.
LEFT JOIN kompang.device_delivery arrived ON arrived.device_id = d.id AND arrived.counted_at > now() - interval '1 day'
JOIN kompang.account a ON a.id = d.account_id
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE a.timezone)::date AS today) day
LEFT JOIN kompang.shard_lease s ON s.shard = d.shard
LEFT JOIN kompang.host h ON h.incarnation = s.incarnation AND h.expires_at > now()
WHERE d.account_id = $1 AND d.id = ANY ($2::bigint[])

-- name: list
-- An account has at most some thousands: its part of the unique key (account_id, phone) is read and sorted.
-- What waits behind a device is not counted to its end: after an outage that would be millions of rows.
SELECT d.id, d.display_name, d.phone, d.min_delay, d.max_delay, d.daily_cap, d.warmup_start, d.warmup_growth, d.first_contact_cap, d.label, d.proxy,
    d.transport, d.state, d.state_reason, d.ban_reason, d.held_until,
    -- What a host said under a lease that it has lost since says nothing of now.
    CASE WHEN k.state = 'connected' AND (k.epoch <> s.epoch OR h.incarnation IS NULL) THEN 'disconnected'
        ELSE coalesce(k.state, 'disconnected') END AS link_state, coalesce(k.jid, '') AS jid,
    d.shard, d.version, d.created_at, p.last_sent_at, coalesce(h.host_id, '') AS host,
    CASE WHEN p.sent_on = day.today THEN p.sent_count ELSE 0 END AS sent_today,
    coalesce(kompang.device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
        coalesce(day.today - p.first_sent_on, 0)), 0) AS cap_today,
    CASE WHEN d.first_contacts_held_until > now() THEN d.first_contacts_held_until END AS first_contacts_held_until,
    CASE WHEN p.first_contacts_on = day.today THEN p.first_contact_count ELSE 0 END AS first_contacts_today,
    coalesce(kompang.first_contact_cap(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth,
        coalesce(day.today - p.first_sent_on, 0)), 0) AS first_contact_cap_today,
    (SELECT count(*) FROM (
        SELECT FROM kompang.message m
        WHERE m.device_id = d.id AND m.scheduled_at >= least(p.cursor_at, p.back_to) AND m.state = 'pending'
        LIMIT 1000) waiting)::integer AS pending,
    coalesce(arrived.accepted, 0) AS accepted, coalesce(arrived.undelivered, 0) AS undelivered
FROM (
    SELECT * FROM kompang.device
    WHERE account_id = $1 AND id > $2 AND ($4::text[] = '{}' OR state = ANY ($4::text[]))
    ORDER BY id LIMIT $3
) d
JOIN kompang.device_pace p ON p.device_id = d.id
LEFT JOIN kompang.device_link k ON k.device_id = d.id
-- Counted by dispatch, of the day before.
LEFT JOIN kompang.device_delivery arrived ON arrived.device_id = d.id AND arrived.counted_at > now() - interval '1 day'
JOIN kompang.account a ON a.id = d.account_id
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE a.timezone)::date AS today) day
LEFT JOIN kompang.shard_lease s ON s.shard = d.shard
LEFT JOIN kompang.host h ON h.incarnation = s.incarnation AND h.expires_at > now()
ORDER BY d.id

-- name: exists
SELECT id FROM kompang.device WHERE account_id = $1 AND id = ANY ($2::bigint[])

-- name: lock
-- One change of a device at a time; neither a hand nor a new message waits for it.
SELECT true FROM kompang.device WHERE account_id = $1 AND id = $2::bigint FOR NO KEY UPDATE

-- name: change
-- Dispatch finds what changed by updated_at, and by the same takes a session that was `replaced` for one that
-- was replaced again. So that somebody's change of a name does not make an old one young, it is forgotten.
UPDATE kompang.device
SET display_name = $2, min_delay = $3, max_delay = $4, daily_cap = $5, warmup_start = $6, warmup_growth = $7,
    first_contact_cap = $8, label = $9, proxy = $10,
    state_reason = CASE state WHEN 'active' THEN '' ELSE state_reason END,
    version = version + 1, updated_at = now()
WHERE id = $1 AND account_id = $11

-- name: release
-- One that was unlinked takes its number back; the unique index refuses it when somebody else has that.
WITH released AS (
    UPDATE kompang.device SET state = 'active', state_reason = '', ban_reason = '', linked = true, updated_at = now()
    WHERE id = $1 AND account_id = $2 AND state = 'parked'
    RETURNING id, account_id
)
INSERT INTO kompang.event (account_id, type, device_id, state)
SELECT account_id, 'device_changed', id, 'active' FROM released

-- name: release_first_contacts
-- Ends the network's hold of a device's first contacts. How long it was is kept: another one soon is twice as long. The
-- pace is locked before messages, as everywhere; its cursor goes back to what waits.
WITH released AS (
    UPDATE kompang.device SET first_contacts_held_until = now()
    WHERE id = $1 AND account_id = $2 AND first_contacts_held_until > now()
    RETURNING id, account_id, state
), paced AS (
    UPDATE kompang.device_pace p SET first_contact_slot = NULL, cursor_at = least(p.cursor_at, p.back_to)
    FROM released WHERE p.device_id = released.id
), noted AS (
    INSERT INTO kompang.event (account_id, type, device_id, state)
    SELECT account_id, 'device_changed', id, state FROM released
)
SELECT id FROM released

-- name: return_first_contacts
-- What waits with them, the first of it: the hand looks at it anew.
UPDATE kompang.message m SET not_before = NULL, reason = NULL
FROM (
    SELECT w.id, w.scheduled_at
    FROM kompang.device d
    JOIN kompang.device_pace p ON p.device_id = d.id
    JOIN kompang.message w ON w.device_id = d.id AND w.scheduled_at >= p.cursor_at
    WHERE d.id = $1 AND d.account_id = $2
        AND w.state = 'pending' AND w.reason = 'first_contact' AND w.not_before > now()
    ORDER BY w.scheduled_at, w.id LIMIT $3
) waiting
WHERE m.id = waiting.id AND m.scheduled_at = waiting.scheduled_at AND m.state = 'pending' AND m.account_id = $2

-- name: unlink
WITH unlinked AS (
    UPDATE kompang.device
    SET state = 'parked', state_reason = 'unlinked', ban_reason = '', held_until = NULL, linked = false, updated_at = now()
    WHERE id = $1 AND account_id = $2 AND linked
    RETURNING id, account_id
)
INSERT INTO kompang.event (account_id, type, device_id, state, reason)
SELECT account_id, 'device_changed', id, 'parked', 'unlinked' FROM unlinked
