-- The statements of a move. Their connections take no hash and merge joins, as those of campaigns.

-- name: heads
-- The sequence, and all whose chain leads to it: where leads were enrolled that may come through it.
WITH RECURSIVE heads AS (
    SELECT id FROM sequence WHERE account_id = $1 AND id = $2
    UNION
    SELECT s.id FROM heads JOIN sequence s ON s.account_id = $1 AND s.next_id = heads.id
)
SELECT id FROM heads ORDER BY id

-- name: page
-- The next $4 enrollments of a head after ($2, $3), and which of them are in flight. The page is cut by what
-- is read, as that of a scan: a million leads that finished long ago are many short statements.
SELECT e.lead_id, e.round, lead.device_id, e.state IN ('active', 'held') AS is_in_flight
FROM (
    SELECT lead_id, round, state FROM enrollment
    WHERE sequence_id = $1 AND (lead_id, round) > ($2::bigint, $3::smallint)
    ORDER BY lead_id, round
    LIMIT $4
) e JOIN lead ON lead.id = e.lead_id
ORDER BY e.lead_id, e.round

-- name: lock_leads
-- In the order of everybody who locks leads.
SELECT id FROM lead WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_paces
-- Before messages, and devices in one order, as everywhere.
SELECT device_id FROM device_pace
WHERE device_id IN (SELECT device_id FROM lead WHERE id = ANY ($1::bigint[]))
ORDER BY device_id
FOR UPDATE

-- name: now
-- Of this moment, not of the transaction's begin: it may have waited for locks.
SELECT clock_timestamp()

-- name: enrollments
-- What these leads were enrolled in at this head and have not ended, message by message. What an earlier
-- move cancelled counts no more. None is due before its enrollment was made, which spares the older partitions.
SELECT e.id AS enrollment_id, e.sequence_id AS head_id, e.lead_id, lead.device_id, e.state = 'held' AS is_held,
    e.created_at, p.in_flight_id AS flying_id,
    m.id, m.scheduled_at, m.state::text AS state, m.position, m.attempts, m.not_before, m.reason, m.sent_at,
    m.step_id, step.sequence_id, step.revision, step.position AS place
FROM enrollment e
JOIN lead ON lead.id = e.lead_id
JOIN device_pace p ON p.device_id = lead.device_id
LEFT JOIN LATERAL (
    SELECT * FROM message
    WHERE message.lead_id = e.lead_id AND message.enrollment_id = e.id AND message.scheduled_at >= e.created_at
        AND NOT (message.state = 'cancelled' AND message.reason = 'moved')
) m ON true
LEFT JOIN sequence_step step ON step.id = m.step_id
WHERE e.lead_id = ANY ($1::bigint[]) AND e.sequence_id = $2 AND e.state IN ('active', 'held')
ORDER BY e.id, m.position

-- name: newest
-- The newest steps of these sequences and of all that their links reach. Of a text, only its hash.
WITH RECURSIVE reached AS (
    SELECT id, next_id, revision FROM sequence WHERE id = ANY ($1::integer[])
    UNION
    SELECT linked.id, linked.next_id, linked.revision
    FROM reached JOIN sequence linked ON linked.id = reached.next_id
)
SELECT reached.id AS sequence_id, reached.next_id, step.id AS step_id,
    extract(epoch FROM step."offset")::float8 AS offset_s, sha256(convert_to(step.text, 'UTF8')) AS says
FROM reached
LEFT JOIN sequence_step step ON step.sequence_id = reached.id AND step.revision = reached.revision
ORDER BY reached.id, step.position

-- name: before
-- What revisions said, in the order of their steps.
SELECT step.sequence_id, step.revision, array_agg(sha256(convert_to(step.text, 'UTF8')) ORDER BY step.position) AS says
FROM unnest($1::integer[], $2::integer[]) AS asked (sequence_id, revision)
JOIN sequence_step step ON step.sequence_id = asked.sequence_id AND step.revision = asked.revision
GROUP BY step.sequence_id, step.revision

-- name: ensure_partitions
-- Never inside the transaction that writes.
SELECT ensure_partitions(now(), $1::timestamptz)

-- name: write
-- All of a batch. Messages that become another step: $1 id, $2 scheduled_at, $3 step, $4 position. Dropped:
-- $5 id, $6 scheduled_at. New: $7 enrollment, $8 step, $9 position, $10 scheduled_at, $11 not_before,
-- $12 reason. Enrollments: $13 id, $14 messages, $15 whether it ends. Each pace is written even where its
-- cursor stays: a hand that waits for it must find it changed, or it would send the text of before.
WITH kept AS (
    UPDATE message m SET step_id = w.step_id, position = w.position
    FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::smallint[])
        AS w (id, scheduled_at, step_id, position)
    WHERE m.id = w.id AND m.scheduled_at = w.scheduled_at
), dropped AS (
    UPDATE message m SET state = 'cancelled', reason = 'moved'
    FROM unnest($5::bigint[], $6::timestamptz[]) AS w (id, scheduled_at)
    WHERE m.id = w.id AND m.scheduled_at = w.scheduled_at
    RETURNING m.id, m.account_id, m.lead_id, m.device_id
), added AS (
    INSERT INTO message
        (lead_id, enrollment_id, step_id, scheduled_at, account_id, device_id, position, not_before, reason)
    SELECT e.lead_id, e.id, w.step_id, w.scheduled_at, e.account_id, lead.device_id, w.position, w.not_before, w.reason
    FROM unnest($7::bigint[], $8::bigint[], $9::smallint[], $10::timestamptz[], $11::timestamptz[], $12::text[])
        AS w (enrollment_id, step_id, position, scheduled_at, not_before, reason)
    JOIN enrollment e ON e.id = w.enrollment_id
    JOIN lead ON lead.id = e.lead_id
    ORDER BY e.id, w.position
    RETURNING device_id, scheduled_at
), changed AS (
    UPDATE enrollment e
    SET message_count = w.message_count, state = CASE WHEN w.ends THEN 'finished' ELSE e.state END,
        reason = CASE WHEN w.ends THEN '' ELSE e.reason END, ended_at = CASE WHEN w.ends THEN now() END
    FROM unnest($13::bigint[], $14::smallint[], $15::boolean[]) AS w (id, message_count, ends)
    WHERE e.id = w.id
    RETURNING e.lead_id
), touched AS (
    UPDATE device_pace p SET cursor_at = least(p.cursor_at, first.scheduled_at)
    FROM (
        SELECT lead.device_id, min(added.scheduled_at) AS scheduled_at
        FROM changed JOIN lead ON lead.id = changed.lead_id LEFT JOIN added ON added.device_id = lead.device_id
        GROUP BY lead.device_id
    ) first
    WHERE p.device_id = first.device_id
)
INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
SELECT account_id, 'message_changed', id, lead_id, device_id, 'cancelled', 'moved' FROM dropped
