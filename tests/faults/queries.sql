-- What the fault suite asks and writes, as the owner of the schema.

-- name: feed
-- Gives each device that is short of work a lead and its messages, all due now: a device that is never
-- idle shows every gap. $1 account, $2 sequence, $3 number of the first lead, $4 open messages below which
-- a quick device gets eleven more; a slow one (a gap of seconds) gets one at a time.
WITH wanting AS (
    SELECT d.id AS device_id, row_number() OVER (ORDER BY d.id) - 1 + $3::bigint AS number,
        CASE WHEN d.max_delay < interval '3 s' THEN 11 ELSE 1 END AS steps
    FROM device d JOIN device_pace p ON p.device_id = d.id
    WHERE d.account_id = $1 AND d.state <> 'parked' AND (
        SELECT count(*) FROM message m
        WHERE m.device_id = d.id AND m.scheduled_at >= p.cursor_at AND m.state IN ('pending', 'handed')
    ) < CASE WHEN d.max_delay < interval '3 s' THEN $4::int ELSE 1 END
), made AS (
    INSERT INTO lead (account_id, phone, phone_hash, display_name, device_id, consent_at)
    SELECT $1, '+6012' || lpad(number::text, 8, '0'),
        sha256(convert_to($1::int || ':+6012' || lpad(number::text, 8, '0'), 'UTF8')),
        'Lead ' || number, device_id, now()
    FROM wanting RETURNING id, device_id
), enrolled AS (
    INSERT INTO enrollment (account_id, sequence_id, lead_id, message_count)
    SELECT $1, $2, made.id, wanting.steps FROM made JOIN wanting USING (device_id)
    RETURNING id, lead_id, message_count
), written AS (
    INSERT INTO message (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position)
    SELECT $1, e.lead_id, e.id, s.id, made.device_id, now() + s.position * interval '10 ms', s.position
    FROM enrolled e JOIN made ON made.id = e.lead_id
    JOIN sequence_step s ON s.sequence_id = $2 AND s.position <= e.message_count
    ORDER BY e.lead_id, s.position
)
SELECT id FROM made;

-- name: opt_out
-- A lead says stop. The gateway ends all that is pending; here the next message is left as it was, so that
-- it is the hand that has to refuse it.
WITH recorded AS (
    INSERT INTO suppression (account_id, phone_hash, reason)
    SELECT account_id, phone_hash, 'said stop' FROM lead WHERE id = ANY($1::bigint[])
    ON CONFLICT DO NOTHING
)
UPDATE message m SET state = 'suppressed', reason = 'suppressed'
WHERE m.lead_id = ANY($1::bigint[]) AND m.state = 'pending' AND m.position > 1 + (
    SELECT min(position) FROM message first WHERE first.lead_id = m.lead_id AND first.state = 'pending');

-- name: open
-- Messages that are not at their end.
SELECT count(*) FROM message WHERE state IN ('pending', 'handed')
    OR (state = 'unknown' AND id IN (SELECT in_flight_id FROM device_pace));

-- name: owned
-- Who may send through each quick device, and under which epoch; numbers as on the wire.
SELECT ltrim(d.phone, '+') AS phone, d.shard, h.host_id AS host, l.epoch
FROM device d JOIN shard_lease l ON l.shard = d.shard JOIN host h ON h.incarnation = l.incarnation
WHERE d.max_delay < interval '3 s' AND d.state <> 'parked';

-- name: chats_held
-- The newest hold of each device that was let begin no chat; numbers as on the wire.
SELECT ltrim(phone, '+') AS phone,
    extract(epoch FROM first_contacts_held_until - first_contacts_hold)::float8 AS since,
    extract(epoch FROM first_contacts_held_until)::float8 AS until
FROM device WHERE first_contacts_hold > '0 s';

-- name: enroll_known
-- The newest lead with whom each device has a chat that may begin no other gets a second sequence ($1), all due now.
WITH known AS (
    SELECT DISTINCT ON (c.device_id) d.account_id, c.device_id, c.lead_id
    FROM chat c JOIN device d ON d.id = c.device_id AND d.first_contacts_held_until > now()
    JOIN lead ON lead.id = c.lead_id
    WHERE NOT EXISTS (SELECT FROM suppression s WHERE s.account_id = d.account_id AND s.phone_hash = lead.phone_hash)
    ORDER BY c.device_id, c.lead_id DESC
), enrolled AS (
    INSERT INTO enrollment (account_id, sequence_id, lead_id, message_count)
    SELECT k.account_id, $1, k.lead_id, (SELECT count(*) FROM sequence_step s WHERE s.sequence_id = $1) FROM known k
    RETURNING id, lead_id
)
INSERT INTO message (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position)
SELECT k.account_id, k.lead_id, e.id, s.id, k.device_id, now() + s.position * interval '10 ms', s.position
FROM enrolled e JOIN known k ON k.lead_id = e.lead_id JOIN sequence_step s ON s.sequence_id = $1
ORDER BY e.lead_id, s.position
RETURNING id;

-- name: in_flight
-- Messages in flight now, of the shards of some hosts.
SELECT count(*) FROM device_pace p JOIN device d ON d.id = p.device_id
JOIN shard_lease l ON l.shard = d.shard JOIN host h ON h.incarnation = l.incarnation
WHERE p.in_flight_id IS NOT NULL AND h.host_id = ANY($1::text[]);

-- name: session_of
-- The Consul session of a host's newest life.
SELECT consul_session FROM host WHERE host_id = $1 ORDER BY attached_at DESC LIMIT 1;

-- name: ever_unknown
-- How many messages were unknown at any time.
SELECT count(*) FROM event WHERE type = 'message_changed' AND state = 'unknown';

-- name: shards
-- The shard of each quick device.
SELECT ltrim(phone, '+') AS phone, shard FROM device WHERE max_delay < interval '3 s';

-- name: left_open
-- Messages that did not come to their end, oldest first, with what their device has in flight.
SELECT m.id, m.state::text, m.reason, m.attempts, m.epoch, l.epoch AS lease, d.shard, d.state AS device,
    p.in_flight_id, extract(epoch FROM now() - m.handed_at)::int AS handed_s_ago, h.host_id
FROM message m JOIN device d ON d.id = m.device_id JOIN device_pace p ON p.device_id = d.id
JOIN shard_lease l ON l.shard = d.shard LEFT JOIN host h ON h.incarnation = l.incarnation
WHERE m.state IN ('pending', 'handed') OR (m.state = 'unknown' AND m.id = p.in_flight_id)
ORDER BY m.handed_at NULLS LAST, m.id LIMIT 8;

-- name: attached_since
-- Hosts whose stream began after a moment.
SELECT count(DISTINCT host_id) FROM host WHERE attached_at > $1;

-- name: handed
-- What is in flight at some hosts, and under which ids on the wire.
SELECT m.id, wire_id(cluster.id, m.id) AS wire_id FROM cluster, device_pace p
JOIN message m ON m.id = p.in_flight_id AND m.scheduled_at = p.in_flight_at AND m.state = 'handed'
JOIN device d ON d.id = p.device_id
JOIN shard_lease l ON l.shard = d.shard JOIN host h ON h.incarnation = l.incarnation
WHERE h.host_id = ANY($1::text[]);

-- name: not_sent
-- How many of these messages are not known to have gone.
SELECT count(*) FROM message WHERE id = ANY($1::bigint[]) AND state NOT IN ('sent', 'delivered', 'read');

-- name: most_in_flight
-- The most messages that any device has in flight now.
SELECT coalesce(max(count), 0) FROM (
    SELECT count(*) FROM message m JOIN device_pace p USING (device_id)
    WHERE m.state = 'handed' AND m.scheduled_at >= p.cursor_at GROUP BY m.device_id) devices;

-- name: leases
-- The epoch of every shard.
SELECT shard, epoch FROM shard_lease ORDER BY shard;

-- name: flying
-- What is in flight now, as its host would report it, and to whom it goes.
SELECT m.id, m.device_id, m.epoch, ltrim(lead.phone, '+') AS phone,
    (extract(epoch FROM m.scheduled_at) * 1000000)::bigint AS scheduled_at_us
FROM device_pace p
JOIN message m ON m.id = p.in_flight_id AND m.scheduled_at = p.in_flight_at AND m.state = 'handed'
JOIN lead ON lead.id = m.lead_id;
