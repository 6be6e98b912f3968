-- The devices of leased shards, and what the network said of them.

-- name: device_ids
-- The devices of some shards.
SELECT id FROM device WHERE shard = ANY($1::smallint[]);

-- name: devices
-- The devices of shards that were granted, with what is left over in flight. $2: only these of them, or NULL.
-- Times are subtracted as numbers: Postgres refuses to subtract an infinite one.
SELECT d.id, d.shard, d.transport, can_repeat(d.transport) AS repeatable, can_trace(d.transport) AS traceable, d.phone, d.state, d.state_reason AS reason, d.updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now())::float8 - EXTRACT(EPOCH FROM p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id
WHERE d.shard = ANY($1::smallint[]) AND ($2::int[] IS NULL OR d.id = ANY($2::int[]));

-- name: changed_devices
-- The same for devices that are new or changed within $2 seconds; holds that are over end here. That one
-- was `replaced` is kept: the next time counts (`change_devices`). $3: only these devices, or NULL. $4: none of
-- these.
WITH freed AS (
    UPDATE device
    SET state = 'active', state_reason = CASE state_reason WHEN 'replaced' THEN state_reason ELSE '' END,
        held_until = NULL, updated_at = now()
    WHERE shard = ANY($1::smallint[]) AND state = 'held' AND held_until <= now()
        AND ($3::int[] IS NULL OR id = ANY($3::int[])) AND id <> ALL ($4::int[])
    RETURNING id, account_id, state_reason, updated_at
), noted AS (
    INSERT INTO event (account_id, type, device_id, state) SELECT account_id, 'device_changed', id, 'active' FROM freed
)
SELECT d.id, d.shard, d.transport, can_repeat(d.transport) AS repeatable, can_trace(d.transport) AS traceable, d.phone,
    CASE WHEN freed.id IS NULL THEN d.state ELSE 'active' END AS state,
    coalesce(freed.state_reason, d.state_reason) AS reason,
    coalesce(freed.updated_at, d.updated_at) AS updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now())::float8 - EXTRACT(EPOCH FROM p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id LEFT JOIN freed ON freed.id = d.id
WHERE d.shard = ANY($1::smallint[]) AND (d.updated_at > now() - make_interval(secs => $2::float8) OR freed.id IS NOT NULL)
    AND ($3::int[] IS NULL OR d.id = ANY($3::int[])) AND d.id <> ALL ($4::int[]);

-- name: change_devices
-- Holds and parks. Only under the epoch that is current: what a successor did to the old session
-- (`replaced`) says nothing about the device. Columns: device, epoch, state, reason, hold in seconds,
-- seconds since the last of this reason within which it parks (0: never). A second mark while the first still
-- holds changes nothing, nor does what the last session of a number says that was given up.
WITH marked AS (
    SELECT t.device_id, t.reason, t.hold_s, CASE
        WHEN d.state_reason = t.reason AND d.updated_at > now() - make_interval(secs => t.again_s)
            AND d.state <> 'held' THEN 'parked'
        ELSE t.state END AS state
    FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::float8[])
        AS t (device_id, epoch, state, reason, hold_s, again_s)
    JOIN device d ON d.id = t.device_id AND d.linked
    JOIN shard_lease l ON l.shard = d.shard AND l.epoch = t.epoch
), changed AS (
    UPDATE device d
    SET state = t.state, state_reason = t.reason, updated_at = now(),
        held_until = CASE WHEN t.state = 'held' THEN now() + make_interval(secs => t.hold_s) END
    FROM marked t
    WHERE d.id = t.device_id AND (d.state, d.state_reason) IS DISTINCT FROM (t.state, t.reason)
        AND NOT (d.state = 'parked' AND t.state = 'held')
    RETURNING d.id, d.account_id, d.state, d.state_reason
), noted AS (
    INSERT INTO event (account_id, type, device_id, state, reason)
    SELECT account_id, 'device_changed', id, state, state_reason FROM changed
)
SELECT id FROM changed;

-- name: hold_first_contacts
-- The network refused that these devices begin a chat: they begin none for a day ($4, seconds), or as long as it said.
-- Columns: device, epoch, seconds (0: it did not say). A hold that follows another sooner than that one lasted is twice
-- as long, up to 30 days. Only under the epoch that is current; while one holds, another changes nothing.
WITH held AS (
    UPDATE device d
    SET first_contacts_hold = n.length, first_contacts_held_until = now() + n.length
    FROM unnest($1::int[], $2::bigint[], $3::float8[]) AS t (device_id, epoch, hold_s)
    CROSS JOIN LATERAL (
        SELECT greatest(make_interval(secs => t.hold_s), CASE
            WHEN was.first_contacts_held_until + was.first_contacts_hold > now()
                THEN least(2 * was.first_contacts_hold, interval '30 days')
            WHEN t.hold_s = 0 THEN make_interval(secs => $4::float8) END) AS length
        FROM device was WHERE was.id = t.device_id) n
    WHERE d.id = t.device_id AND d.linked AND coalesce(d.first_contacts_held_until <= now(), true)
        AND EXISTS (SELECT FROM shard_lease l WHERE l.shard = d.shard AND l.epoch = t.epoch)
    RETURNING d.id, d.account_id, d.state
), noted AS (
    INSERT INTO event (account_id, type, device_id, state, reason)
    SELECT account_id, 'device_changed', id, state, 'reach_out_limit' FROM held
)
SELECT id FROM held;
