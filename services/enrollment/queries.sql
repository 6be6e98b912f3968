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
-- statements and never a long one. OFFSET 0 keeps the planner from reading a whole table to exclude a page.
-- `related`: all sequences linked with this one, before and behind: a lead goes through a chain once,
-- wherever it got in; again only where `on_reenter` says so and its trigger was set anew since the last time.
-- That is asked only of leads that went through, so that all others cost one look into an index.
WITH RECURSIVE related AS (
    SELECT id, next_id FROM sequence WHERE account_id = $1 AND id = $2
    UNION
    SELECT other.id, other.next_id
    FROM related JOIN sequence other ON other.account_id = $1
        AND (other.id = related.next_id OR other.next_id = related.id)
), page AS MATERIALIZED (
    SELECT id, device_id, account_id, phone_hash, consent_at, triggered_at
    FROM lead
    WHERE account_id = $1
      AND trigger = (SELECT trigger FROM sequence WHERE id = $2) AND trigger <> ''
      AND (device_id, id) > ($3::integer, $4::bigint)
    ORDER BY device_id, id
    LIMIT $5
)
SELECT device_id, id AS lead_id,
       consent_at IS NOT NULL
       AND (NOT EXISTS (
               SELECT FROM enrollment e
               WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = page.id OFFSET 0)
           OR ((SELECT on_reenter FROM sequence WHERE id = $2) <> 'never' AND NOT EXISTS (
               SELECT FROM enrollment e
               WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = page.id
                   AND (page.triggered_at > e.created_at) IS NOT TRUE OFFSET 0)
               AND ((SELECT on_reenter FROM sequence WHERE id = $2) = 'restart' OR NOT EXISTS (
                   SELECT FROM enrollment e
                   WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = page.id
                       AND e.state IN ('active', 'held') OFFSET 0))))
       AND NOT EXISTS (
           SELECT FROM suppression s
           WHERE s.account_id = page.account_id AND s.phone_hash = page.phone_hash OFFSET 0) AS is_candidate
FROM page
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
), chosen AS MATERIALIZED (
    SELECT lead.id, lead.device_id, asked.traceparent
    FROM unnest($3::bigint[], $4::text[]) AS asked (lead_id, traceparent)
    JOIN lead ON lead.id = asked.lead_id
    WHERE lead.account_id = $1
      AND lead.trigger = (SELECT trigger FROM sequence WHERE id = $2 AND is_active)
      AND lead.consent_at IS NOT NULL
      AND (NOT EXISTS (
              SELECT FROM enrollment e
              WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = lead.id OFFSET 0)
          OR ((SELECT on_reenter FROM sequence WHERE id = $2) <> 'never' AND NOT EXISTS (
              SELECT FROM enrollment e
              WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = lead.id
                  AND (lead.triggered_at > e.created_at) IS NOT TRUE OFFSET 0)
              AND ((SELECT on_reenter FROM sequence WHERE id = $2) = 'restart' OR NOT EXISTS (
                  SELECT FROM enrollment e
                  WHERE e.sequence_id = ANY (ARRAY(SELECT id FROM related)) AND e.lead_id = lead.id
                      AND e.state IN ('active', 'held') OFFSET 0))))
      AND NOT EXISTS (
          SELECT FROM suppression s
          WHERE s.account_id = lead.account_id AND s.phone_hash = lead.phone_hash OFFSET 0)
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
), told AS (
    INSERT INTO event (account_id, type, lead_id, device_id, sequence_id)
    SELECT $1, 'lead_enrolled', chosen.id, chosen.device_id, $2
    FROM enrolled JOIN chosen ON chosen.id = enrolled.lead_id
)
SELECT lead_id, id AS enrollment_id,
    -- Called for a restart alone; in the order of devices, since it locks their paces.
    CASE WHEN (SELECT on_reenter FROM sequence WHERE id = $2) = 'restart'
        THEN end_rounds_before(id, lead_id, device_id, ARRAY(SELECT id FROM related)) END AS cancelled
FROM (
    SELECT enrolled.lead_id, enrolled.id, chosen.device_id FROM enrolled JOIN chosen ON chosen.id = enrolled.lead_id
    ORDER BY chosen.device_id OFFSET 0
) made
