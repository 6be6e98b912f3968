-- Shards, for an operator.

-- name: shards
-- Every lease, with its host while the host's term lasts.
SELECT l.shard, l.epoch, h.host_id AS holder
FROM kompang.shard_lease l
LEFT JOIN kompang.host h ON h.incarnation = l.incarnation AND h.expires_at > now()
ORDER BY l.shard

-- name: handed
-- How many messages of these shards are with a host.
SELECT count(*)
FROM kompang.device d
JOIN kompang.device_pace p ON p.device_id = d.id
JOIN kompang.message m ON m.id = p.in_flight_id AND m.scheduled_at = p.in_flight_at AND m.state = 'handed'
WHERE d.shard = ANY($1::smallint[])

-- name: repair
-- Gives shards an epoch that every later lock is newer than, and no holder: hosts must lock and claim anew. What
-- they have in flight may have gone: it is unknown, and the next holder resolves it, as after a host's death.
-- What was granted under higher epochs counts no more.
WITH held AS (
    SELECT shard FROM kompang.shard_lease WHERE shard = ANY($1::smallint[]) ORDER BY shard FOR UPDATE
), repaired AS (
    UPDATE kompang.shard_lease l SET epoch = $2::bigint, incarnation = NULL
    FROM held WHERE l.shard = held.shard
    RETURNING l.shard
), forgotten AS (
    DELETE FROM kompang.lease_grant g USING repaired WHERE g.shard = repaired.shard AND g.epoch > $2::bigint
), flying AS (
    SELECT p.in_flight_id, p.in_flight_at
    FROM repaired
    JOIN kompang.device d ON d.shard = repaired.shard
    JOIN kompang.device_pace p ON p.device_id = d.id
    WHERE p.in_flight_id IS NOT NULL
    ORDER BY p.device_id
    FOR UPDATE OF p
), lost AS (
    UPDATE kompang.message m SET state = 'unknown', reason = 'host_lost'
    FROM flying
    WHERE m.id = flying.in_flight_id AND m.scheduled_at = flying.in_flight_at AND m.state = 'handed'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), noted AS (
    INSERT INTO kompang.event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM lost
)
SELECT (SELECT count(*) FROM repaired) AS shards, (SELECT count(*) FROM lost) AS messages
