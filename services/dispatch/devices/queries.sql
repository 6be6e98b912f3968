-- The devices of leased shards, and what the network said of them.

-- name: device_ids
-- The devices of some shards.
SELECT id FROM device WHERE shard = ANY($1::smallint[]);

-- name: devices
-- The devices of shards that were granted, with what is left over in flight. $2: only these of them, or NULL.
-- Times are subtracted as numbers: Postgres refuses to subtract an infinite one.
SELECT d.id, d.shard, d.transport, can_repeat(d.transport) AS repeatable, can_trace(d.transport) AS traceable, d.phone,
    d.state, d.state_reason AS reason, coalesce(k.jid, '') AS jid, d.proxy, d.updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now())::float8 - EXTRACT(EPOCH FROM p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id LEFT JOIN device_link k ON k.device_id = d.id
WHERE d.shard = ANY($1::smallint[]) AND ($2::int[] IS NULL OR d.id = ANY($2::int[]));

-- name: changed_devices
-- The same for devices that are new or changed within $2 seconds; holds that are over end here. That one
-- was `replaced` is kept: the next time counts (`change_devices`). $3: only these devices, or NULL. $4: none of
-- these.
WITH freed AS (
    UPDATE device
    SET state = 'active', state_reason = CASE state_reason WHEN 'replaced' THEN state_reason ELSE '' END,
        held_until = NULL, ban_reason = '', updated_at = now()
    WHERE shard = ANY($1::smallint[]) AND state = 'held' AND held_until <= now()
        AND ($3::int[] IS NULL OR id = ANY($3::int[])) AND id <> ALL ($4::int[])
    RETURNING id, account_id, state_reason, updated_at
), noted AS (
    INSERT INTO event (account_id, type, device_id, state) SELECT account_id, 'device_changed', id, 'active' FROM freed
)
SELECT d.id, d.shard, d.transport, can_repeat(d.transport) AS repeatable, can_trace(d.transport) AS traceable, d.phone,
    CASE WHEN freed.id IS NULL THEN d.state ELSE 'active' END AS state,
    coalesce(freed.state_reason, d.state_reason) AS reason,
    coalesce(k.jid, '') AS jid, d.proxy,
    coalesce(freed.updated_at, d.updated_at) AS updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now())::float8 - EXTRACT(EPOCH FROM p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id LEFT JOIN device_link k ON k.device_id = d.id
LEFT JOIN freed ON freed.id = d.id
WHERE d.shard = ANY($1::smallint[]) AND (d.updated_at > now() - make_interval(secs => $2::float8) OR freed.id IS NOT NULL)
    AND ($3::int[] IS NULL OR d.id = ANY($3::int[])) AND d.id <> ALL ($4::int[]);

-- name: change_devices
-- Holds and parks. Only under the epoch that is current: what a successor did to the old session
-- (`replaced`) says nothing about the device. Columns: device, epoch, state, reason, hold in seconds,
-- seconds since the last of this reason within which it parks (0: never), what a ban is for. A second mark while the
-- first still holds changes nothing, unless only it says what the ban is for; nor does what the last session of a
-- number says that was given up.
WITH marked AS (
    SELECT t.device_id, t.reason, t.hold_s, t.ban_reason, CASE
        WHEN d.state_reason = t.reason AND d.updated_at > now() - make_interval(secs => t.again_s)
            AND d.state <> 'held' THEN 'parked'
        ELSE t.state END AS state
    FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::text[])
        AS t (device_id, epoch, state, reason, hold_s, again_s, ban_reason)
    JOIN device d ON d.id = t.device_id AND d.linked
    JOIN shard_lease l ON l.shard = d.shard AND l.epoch = t.epoch
), changed AS (
    UPDATE device d
    SET state = t.state, state_reason = t.reason, ban_reason = t.ban_reason, updated_at = now(),
        held_until = CASE WHEN t.state = 'held' THEN now() + make_interval(secs => t.hold_s) END
    FROM marked t
    WHERE d.id = t.device_id AND ((d.state, d.state_reason) IS DISTINCT FROM (t.state, t.reason)
            OR (d.ban_reason = '' AND t.ban_reason <> ''))
        AND NOT (d.state = 'parked' AND t.state = 'held')
    RETURNING d.id, d.account_id, d.state, d.state_reason, d.ban_reason
), noted AS (
    INSERT INTO event (account_id, type, device_id, state, reason, ban_reason)
    SELECT account_id, 'device_changed', id, state, state_reason, nullif(ban_reason, '') FROM changed
)
SELECT id FROM changed;

-- name: note_outdated
-- The clients whose sessions the network takes no more, by devices that met it under an epoch that is current; those of
-- which nobody knew. A host of an older version does not say which client it runs: that one's version is empty.
INSERT INTO outdated_client (transport, version)
SELECT DISTINCT d.transport, coalesce(h.clients ->> d.transport, '')
FROM unnest($1::int[], $2::bigint[]) AS t (device_id, epoch)
JOIN device d ON d.id = t.device_id AND d.linked
JOIN shard_lease l ON l.shard = d.shard AND l.epoch = t.epoch
JOIN host h ON h.incarnation = l.incarnation
ON CONFLICT DO NOTHING
RETURNING transport, version;

-- name: settle_outdated
-- The devices of these shards, or all (NULL): those that would be active on a host whose client is outdated are held,
-- those that are held for it on another host are active again. Devices in one order, so that of two replicas that do this
-- the second finds nothing left. One event an account, when the first of its devices is held for it, and one each time
-- that some of them go on.
WITH hosted AS (
    SELECT d.id, o.transport IS NOT NULL AS is_outdated
    FROM device d
    JOIN shard_lease l ON l.shard = d.shard
    JOIN host h ON h.incarnation = l.incarnation
    LEFT JOIN outdated_client o ON o.transport = d.transport AND o.version = coalesce(h.clients ->> d.transport, '')
    WHERE d.shard = ANY (coalesce($1::smallint[], (SELECT array_agg(every.shard) FROM shard_lease every)))
        AND CASE WHEN o.transport IS NULL THEN d.state = 'held' AND d.state_reason = 'client_outdated'
            ELSE d.state = 'active' END
    ORDER BY d.id
    FOR NO KEY UPDATE OF d
), changed AS (
    UPDATE device d
    SET state = CASE WHEN hosted.is_outdated THEN 'held' ELSE 'active' END,
        state_reason = CASE WHEN hosted.is_outdated THEN 'client_outdated' ELSE '' END,
        held_until = CASE WHEN hosted.is_outdated THEN now() + interval '10 years' END, updated_at = now()
    FROM hosted WHERE d.id = hosted.id
    RETURNING d.id, d.account_id, d.state
), noted AS (
    INSERT INTO event (account_id, type, state, reason)
    SELECT DISTINCT c.account_id, 'device_changed', c.state, 'client_outdated'
    FROM changed c
    WHERE c.state = 'active' OR NOT EXISTS (SELECT FROM device before
        WHERE before.account_id = c.account_id AND before.state = 'held' AND before.state_reason = 'client_outdated')
)
SELECT id FROM changed;

-- name: keep_links
-- What sessions say of the links of their devices, under the epochs that are current. Columns: device, epoch, state, what
-- the network calls the link (empty: nothing new; an unpaired device has none).
INSERT INTO device_link AS k (device_id, epoch, state, jid)
SELECT t.device_id, t.epoch, t.state, t.jid
FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[]) AS t (device_id, epoch, state, jid)
JOIN device d ON d.id = t.device_id
JOIN shard_lease l ON l.shard = d.shard AND l.epoch = t.epoch
ORDER BY t.device_id
ON CONFLICT (device_id) DO UPDATE
SET epoch = excluded.epoch, state = excluded.state,
    jid = CASE WHEN excluded.state = 'unpaired' THEN '' WHEN excluded.jid = '' THEN k.jid ELSE excluded.jid END;

-- name: hold_first_contacts
-- The network refused that these devices begin a chat: they begin none for a day ($6, seconds), or as long as it said.
-- Columns: device, epoch, seconds (0: it did not say), the message, its scheduled_at. Only where that message would
-- begin one: a replica that did not hand it itself takes every refusal for one of a new chat. A hold that follows another sooner than that one lasted is twice
-- as long, up to 30 days. Only under the epoch that is current; while one holds, another changes nothing.
WITH held AS (
    UPDATE device d
    SET first_contacts_hold = n.length, first_contacts_held_until = now() + n.length
    FROM unnest($1::int[], $2::bigint[], $3::float8[], $4::bigint[], $5::timestamptz[])
        AS t (device_id, epoch, hold_s, message_id, scheduled_at)
    JOIN message m ON m.id = t.message_id AND m.scheduled_at = t.scheduled_at
    CROSS JOIN LATERAL (
        SELECT greatest(make_interval(secs => t.hold_s), CASE
            WHEN was.first_contacts_held_until + was.first_contacts_hold > now()
                THEN least(2 * was.first_contacts_hold, interval '30 days')
            WHEN t.hold_s = 0 THEN make_interval(secs => $6::float8) END) AS length
        FROM device was WHERE was.id = t.device_id) n
    WHERE d.id = t.device_id AND d.linked AND m.device_id = d.id AND begins_chat(m.lead_id, d.id)
        AND coalesce(d.first_contacts_held_until <= now(), true)
        AND EXISTS (SELECT FROM shard_lease l WHERE l.shard = d.shard AND l.epoch = t.epoch)
    RETURNING d.id, d.account_id, d.state
), noted AS (
    INSERT INTO event (account_id, type, device_id, state, reason)
    SELECT account_id, 'device_changed', id, state, 'reach_out_limit' FROM held
)
SELECT id FROM held;
