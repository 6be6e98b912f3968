-- Who may send for a shard: hosts and their terms, leases, and the dead.

-- name: cluster
-- What is fixed for the life of the cluster.
SELECT shard_count, text_key(id) AS text_key FROM cluster;

-- name: attach
-- A host's stream begins: from here on only through this stream are its messages handed. An incarnation is of
-- one host.
INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at, clients)
VALUES ($1::uuid, $2::text, $3::text, $4::bigint, now() + make_interval(secs => $5::float8), $6::jsonb)
ON CONFLICT (incarnation) DO UPDATE
SET consul_session = EXCLUDED.consul_session, stream = EXCLUDED.stream, expires_at = EXCLUDED.expires_at,
    attached_at = now(), clients = EXCLUDED.clients
WHERE host.host_id = EXCLUDED.host_id
RETURNING true;

-- name: renew
-- Extends the terms of the hosts whose streams are ours. Columns: incarnation, stream.
UPDATE host h
SET expires_at = now() + make_interval(secs => $3::float8),
    -- Nothing was handed since it ran out: its devices go on, and not in step.
    back_at = CASE WHEN h.expires_at < now() THEN now() ELSE h.back_at END
FROM unnest($1::uuid[], $2::bigint[]) AS a (incarnation, stream)
WHERE h.incarnation = a.incarnation AND h.stream = a.stream
RETURNING h.stream;

-- name: own
-- Of these claims those that are the incarnation's own again (a new stream).
SELECT l.shard, l.epoch
FROM unnest($1::smallint[], $2::bigint[]) AS a (shard, epoch)
JOIN shard_lease l ON l.shard = a.shard AND l.epoch = a.epoch AND l.incarnation = $3::uuid;

-- name: kept
-- Of these shards those whose leases the incarnations have. Columns: shard, incarnation.
SELECT l.shard
FROM unnest($1::smallint[], $2::uuid[]) AS a (shard, incarnation)
JOIN shard_lease l ON l.shard = a.shard AND l.incarnation = a.incarnation;

-- name: claim
-- The leases of shards, for an incarnation. Columns: shard, epoch, whether Consul confirms that the incarnation
-- holds the lock under that epoch. Granted when it does, the epoch is newer and the holder's term is over; or
-- when the lease is the holder's own again. Not when the lease changed while this waited for its row: terms are
-- read as they were when the statement began.
WITH asked AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $5::bool[]) AS a (shard, epoch, is_confirmed)
), granted AS (
    UPDATE shard_lease l SET epoch = a.epoch, incarnation = $3::uuid, granted_at = now()
    FROM asked a JOIN shard_lease read ON read.shard = a.shard
    WHERE l.shard = a.shard AND l.xmin = read.xmin
        AND EXISTS (SELECT FROM host WHERE host.incarnation = $3::uuid AND host.stream = $4::bigint)
        AND ((l.epoch = a.epoch AND (l.incarnation = $3::uuid OR (a.is_confirmed AND l.incarnation IS NULL)))
            OR (a.is_confirmed AND l.epoch < a.epoch AND NOT EXISTS (
                SELECT FROM host h WHERE h.incarnation = l.incarnation AND h.incarnation <> $3::uuid
                    AND h.expires_at > clock_timestamp())))
    RETURNING l.shard, l.epoch
), remembered AS (
    INSERT INTO lease_grant (shard, incarnation, epoch) SELECT shard, $3::uuid, epoch FROM granted
    ON CONFLICT DO NOTHING
), forgotten AS (
    DELETE FROM lease_grant g USING granted
    WHERE g.shard = granted.shard AND EXISTS (SELECT FROM lease_grant newer
        WHERE newer.shard = g.shard AND newer.epoch > g.epoch AND newer.granted_at < now() - interval '30 days')
)
SELECT a.shard, a.epoch, granted.shard IS NOT NULL AS is_granted, l.epoch > a.epoch AS is_stale,
    -- Subtracted as numbers: Postgres refuses to subtract an infinite time.
    greatest(0, EXTRACT(EPOCH FROM h.expires_at)::float8 - EXTRACT(EPOCH FROM clock_timestamp())::float8) AS held_s
FROM asked a
JOIN shard_lease l ON l.shard = a.shard
LEFT JOIN granted ON granted.shard = a.shard
LEFT JOIN host h ON h.incarnation = l.incarnation;

-- name: granted
-- Of what hosts report those whose incarnation was granted the device's shard. Columns: device, epoch (NULL: any),
-- incarnation. Returns their numbers in the arrays, from 1 on.
SELECT a.number
FROM unnest($1::int[], $2::bigint[], $3::uuid[]) WITH ORDINALITY AS a (device_id, epoch, incarnation, number)
JOIN device d ON d.id = a.device_id
WHERE EXISTS (SELECT FROM lease_grant g
    WHERE g.shard = d.shard AND g.incarnation = a.incarnation AND g.epoch = coalesce(a.epoch, g.epoch));

-- name: release
-- Leases given back: the next claim need not wait for the term. Those of others are written too, as they
-- are: should an earlier claim of this host still wait for the row, whose stream has ended meanwhile, it
-- finds the row changed and is refused. Granted now, the lease would be nobody's for as long as the host lives.
UPDATE shard_lease l
SET incarnation = CASE WHEN l.epoch = a.epoch AND l.incarnation = $3::uuid THEN NULL ELSE l.incarnation END
FROM unnest($1::smallint[], $2::bigint[]) AS a (shard, epoch)
WHERE l.shard = a.shard;

-- name: dead_hosts
-- Incarnations whose term ran out more than $1 seconds ago. Those that are buried and still here wait for
-- the end of their Consul sessions.
SELECT incarnation, host_id, consul_session, stream = 0 AS is_buried,
    EXTRACT(EPOCH FROM now())::float8 - EXTRACT(EPOCH FROM expires_at)::float8 AS dead_s
FROM host
WHERE expires_at < now() - make_interval(secs => $1::float8);

-- name: bury
-- Frees a dead incarnation's leases. What it had in flight may have gone: it becomes unknown, and the
-- next holder of the device resolves it. The row stays, without a stream, until its session has ended.
WITH dead AS (
    UPDATE host SET stream = 0
    WHERE incarnation = ANY($1::uuid[]) AND expires_at < now() AND stream <> 0 RETURNING incarnation
), held AS (
    -- In the order of claims and releases.
    SELECT l.shard, l.incarnation FROM dead JOIN shard_lease l ON l.incarnation = dead.incarnation
    ORDER BY l.shard FOR UPDATE OF l
), freed AS (
    UPDATE shard_lease l SET incarnation = NULL FROM held
    WHERE l.shard = held.shard AND l.incarnation = held.incarnation
    RETURNING l.shard, l.epoch
), flying AS (
    SELECT p.in_flight_id, p.in_flight_at, freed.epoch
    FROM freed
    JOIN device d ON d.shard = freed.shard
    JOIN device_pace p ON p.device_id = d.id
    WHERE p.in_flight_id IS NOT NULL
    ORDER BY p.device_id
    FOR UPDATE OF p
), lost AS (
    UPDATE message m SET state = 'unknown', reason = 'host_lost'
    FROM flying
    WHERE m.id = flying.in_flight_id AND m.scheduled_at = flying.in_flight_at
        AND m.state = 'handed' AND m.epoch = flying.epoch
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM lost
)
SELECT (SELECT count(*) FROM freed) AS shards, (SELECT count(*) FROM lost) AS messages;

-- name: forget
-- The dead whose sessions have ended. One that came back meanwhile has a stream again, and stays.
DELETE FROM host WHERE incarnation = ANY($1::uuid[]) AND stream = 0;
