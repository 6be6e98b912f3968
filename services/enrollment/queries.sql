-- The trigger scan: who is enrolled, and all messages of a chain in one statement.

-- name: listeners
-- Whose leads to scan for. One index scan; $1 = 0 for every account.
SELECT account_id, id AS sequence_id
FROM sequence
WHERE is_active AND trigger <> '' AND ($1::integer = 0 OR account_id = $1)
ORDER BY account_id, id

-- name: links
-- The sequence and all that its links reach. UNION drops what was reached before, so a circle ends too.
WITH RECURSIVE chain AS (
    SELECT id, next_id, revision FROM sequence WHERE account_id = $1 AND id = $2 AND is_active AND trigger <> ''
    UNION
    SELECT linked.id, linked.next_id, linked.revision
    FROM chain JOIN sequence linked ON linked.id = chain.next_id AND linked.account_id = $1
)
SELECT chain.id AS sequence_id, chain.next_id, step.id AS step_id,
       extract(epoch FROM step."offset")::float8 AS offset_s
FROM chain
LEFT JOIN sequence_step step ON step.sequence_id = chain.id AND step.revision = chain.revision
ORDER BY chain.id, step.position

-- name: ensure_partitions
-- Before the first message of a chain this long is written, and never inside the transaction that writes.
SELECT ensure_partitions(now(), now() + make_interval(secs => $1::float8) + interval '1 week')

-- name: page
-- The next $5 leads with the trigger, after ($3, $4), and which of them are candidates. The page is cut by
-- leads read, not by candidates found, so that a million leads enrolled long ago cost many short
-- statements and never a long one.
WITH RECURSIVE related AS (
    SELECT id, next_id FROM sequence WHERE account_id = $1 AND id = $2
    UNION
    SELECT other.id, other.next_id
    FROM related JOIN sequence other ON other.account_id = $1
        AND (other.id = related.next_id OR other.next_id = related.id)
), chain AS MATERIALIZED (
    SELECT ARRAY(SELECT id FROM related) AS sequences, on_reenter FROM sequence WHERE id = $2
), page AS MATERIALIZED (
    SELECT id, device_id, account_id, phone_hash, consent_at, triggered_at, withheld_at
    FROM lead
    WHERE account_id = $1
      AND trigger = (SELECT trigger FROM sequence WHERE id = $2) AND trigger <> ''
      AND (device_id, id) > ($3::integer, $4::bigint)
    ORDER BY device_id, id
    LIMIT $5
)
SELECT device_id, id AS lead_id,
    withheld_at IS NULL AND EXISTS (SELECT FROM may_enroll(page.id, page.account_id, page.phone_hash, page.consent_at, page.triggered_at,
        chain.sequences, chain.on_reenter)) AS is_candidate
FROM page CROSS JOIN chain
ORDER BY device_id, id

-- name: enroll
-- A whole batch in one transaction. Everything is asked again, since the page was read a moment ago. Leads
-- that another replica is enrolling are skipped; the unique key of enrollment decides what remains.
-- $3 leads, $4 their traceparents; $5 steps, $6 seconds from now. The k-th step is message k of the lead.
WITH RECURSIVE related AS (
    SELECT id, next_id FROM sequence WHERE account_id = $1 AND id = $2
    UNION
    SELECT other.id, other.next_id
    FROM related JOIN sequence other ON other.account_id = $1
        AND (other.id = related.next_id OR other.next_id = related.id)
), chain AS MATERIALIZED (
    SELECT ARRAY(SELECT id FROM related) AS sequences, on_reenter FROM sequence WHERE id = $2
), chosen AS MATERIALIZED (
    SELECT lead.id, lead.device_id, asked.traceparent
    FROM unnest($3::bigint[], $4::text[]) AS asked (lead_id, traceparent)
    JOIN lead ON lead.id = asked.lead_id
    CROSS JOIN chain
    WHERE lead.account_id = $1 AND lead.withheld_at IS NULL
      AND lead.trigger = (SELECT trigger FROM sequence WHERE id = $2 AND is_active)
      AND EXISTS (SELECT FROM may_enroll(lead.id, lead.account_id, lead.phone_hash, lead.consent_at,
          lead.triggered_at, chain.sequences, chain.on_reenter))
    FOR NO KEY UPDATE OF lead SKIP LOCKED
), enrolled AS (
    -- A replica that has not seen the newest round counts to the same one, and writes nothing.
    INSERT INTO enrollment (account_id, sequence_id, lead_id, round, message_count, traceparent)
    SELECT $1, $2, id,
        1 + coalesce((SELECT max(e.round) FROM enrollment e WHERE e.sequence_id = $2 AND e.lead_id = chosen.id), 0),
        cardinality($5::bigint[]), traceparent
    FROM chosen
    ON CONFLICT DO NOTHING
    RETURNING id, lead_id
), written AS (
    INSERT INTO message (lead_id, enrollment_id, step_id, scheduled_at, account_id, device_id, position)
    SELECT enrolled.lead_id, enrolled.id, step.id, now() + make_interval(secs => step.offset_s),
           $1, chosen.device_id, step.position
    FROM enrolled
    JOIN chosen ON chosen.id = enrolled.lead_id
    CROSS JOIN unnest($5::bigint[], $6::float8[]) WITH ORDINALITY AS step (id, offset_s, position)
    ORDER BY enrolled.id, step.position
), reported AS (
    INSERT INTO event (account_id, type, lead_id, device_id, sequence_id)
    SELECT $1, 'lead_enrolled', chosen.id, chosen.device_id, $2
    FROM enrolled JOIN chosen ON chosen.id = enrolled.lead_id
)
SELECT lead_id, id AS enrollment_id,
    -- Called for a restart alone; in the order of devices, since it locks their paces.
    CASE WHEN (SELECT on_reenter FROM chain) = 'restart'
        THEN end_rounds_before(id, lead_id, device_id, (SELECT sequences FROM chain)) END AS cancelled
FROM (
    SELECT enrolled.lead_id, enrolled.id, chosen.device_id FROM enrolled JOIN chosen ON chosen.id = enrolled.lead_id
    ORDER BY chosen.device_id OFFSET 0
) made
