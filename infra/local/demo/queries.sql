-- What the demo asks while it runs, as the owner.

-- name: states
-- Messages by state.
SELECT state::text AS state, count(*) AS count FROM message GROUP BY state;

-- name: open
-- Messages that are not at their end. An unknown one that still is its device's message in flight is
-- about to be repeated under its id.
SELECT count(*)
FROM message m
LEFT JOIN device_pace p ON p.device_id = m.device_id AND p.in_flight_id = m.id
WHERE m.state IN ('pending', 'handed') OR (m.state = 'unknown' AND p.device_id IS NOT NULL);

-- name: devices
-- How many devices each shard has.
SELECT shard, count(*) AS count FROM device GROUP BY shard;

-- name: now
-- The database's clock: due times are its.
SELECT now();

-- name: waiting
-- The devices of some shards with something to send now that was due at $2; numbers as on the wire.
SELECT ltrim(d.phone, '+') AS device
FROM device d
WHERE d.shard = ANY($1::smallint[]) AND d.state = 'active'
    AND EXISTS (
        SELECT FROM message m
        WHERE m.device_id = d.id AND m.scheduled_at <= $2::timestamptz
            AND m.state IN ('pending', 'handed', 'unknown')
            AND (m.not_before IS NULL OR m.not_before <= now()));
