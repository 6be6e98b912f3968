-- Messages as a caller sees them, and what is decided about those that nobody knows of.

-- name: get
SELECT m.id, m.state::text AS state, m.reason, m.lead_id, m.device_id, s.slug AS sequence, m.position,
    m.scheduled_at, m.handed_at, m.sent_at, m.attempts, m.text_hash, kompang.message_traceparent(e.traceparent, m.campaign_id, m.id) AS traceparent, m.enrollment_id, m.campaign_id, m.is_confirmation,
    kompang.wire_id((SELECT id FROM kompang.cluster), m.id) AS wire_id
FROM kompang.message m
LEFT JOIN kompang.enrollment e ON e.id = m.enrollment_id
LEFT JOIN kompang.sequence_step st ON st.id = m.step_id
LEFT JOIN kompang.sequence s ON s.id = st.sequence_id
WHERE m.id = $2::bigint AND m.account_id = $1

-- name: written
-- What a text is made of. With handed_at it is settled: the wording is that of the message, the time that
-- moment. Else both are as a hand at the time it is due would take them. The same reckoning as in the hand.
-- $3 and $4: when the first and the last of the messages is due, which spares the other partitions.
SELECT m.id, m.state::text AS state, m.reason, m.handed_at IS NOT NULL AS is_handed, m.text_hash, st.text, st.greetings, st.variation, w.document,
    l.display_name, l.attributes, coalesce(nullif(l.language, ''), a.language) AS language,
    extract(hour FROM coalesce(m.handed_at, m.scheduled_at)
        AT TIME ZONE coalesce(nullif(l.timezone, ''), a.timezone))::integer AS hour,
    kompang.text_key((SELECT id FROM kompang.cluster)) AS key
FROM kompang.message m
JOIN kompang.account a ON a.id = m.account_id
JOIN kompang.sequence_step st ON st.id = m.step_id
JOIN kompang.lead l ON l.id = m.lead_id
LEFT JOIN kompang.wording w
    ON w.id = CASE WHEN m.is_confirmation THEN NULL WHEN m.handed_at IS NULL THEN a.wording_id ELSE m.wording_id END
WHERE m.id = ANY ($2::bigint[]) AND m.account_id = $1
    AND m.scheduled_at BETWEEN coalesce($3::timestamptz, '-infinity') AND coalesce($4::timestamptz, 'infinity')

-- name: list_of_lead
-- By the index (lead_id, scheduled_at): in the order they are due.
SELECT m.id, m.state::text AS state, m.reason, m.lead_id, m.device_id, s.slug AS sequence, m.position,
    m.scheduled_at, m.handed_at, m.sent_at, m.attempts, m.text_hash, kompang.message_traceparent(e.traceparent, m.campaign_id, m.id) AS traceparent, m.enrollment_id, m.campaign_id, m.is_confirmation,
    kompang.wire_id((SELECT id FROM kompang.cluster), m.id) AS wire_id
FROM kompang.message m
LEFT JOIN kompang.enrollment e ON e.id = m.enrollment_id
LEFT JOIN kompang.sequence_step st ON st.id = m.step_id
LEFT JOIN kompang.sequence s ON s.id = st.sequence_id
WHERE m.lead_id = $2::bigint AND m.account_id = $1
    AND (m.scheduled_at, m.id) > ($3::timestamptz, $4::bigint)
    AND ($5::integer = 0 OR st.sequence_id = $5)
    AND (cardinality($6::text[]) = 0 OR m.state::text = ANY ($6))
    AND ($8::integer = 0 OR m.campaign_id = $8)
ORDER BY m.scheduled_at, m.id
LIMIT $7

-- name: list_of_campaign
-- The key of campaign_lead leads to its messages, at most $5 of them; the statement returns
-- those in the wanted states. Every row has the last lead that was read; without a message, one row has that lead alone.
WITH looked AS MATERIALIZED (
    SELECT lead_id, message_id, scheduled_at FROM kompang.campaign_lead
    WHERE campaign_id = (SELECT id FROM kompang.campaign WHERE account_id = $1 AND id = $2::bigint)
        AND lead_id > $3::bigint
    ORDER BY lead_id LIMIT $5
)
SELECT (SELECT max(lead_id) FROM looked) AS last_id, (SELECT count(*) FROM looked) AS looked, told.*
FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT m.id, m.state::text AS state, m.reason, m.lead_id, m.device_id, NULL::text AS sequence, m.position,
        m.scheduled_at, m.handed_at, m.sent_at, m.attempts, m.text_hash, kompang.message_traceparent(NULL, m.campaign_id, m.id) AS traceparent,
        m.enrollment_id, m.campaign_id, m.is_confirmation, kompang.wire_id((SELECT id FROM kompang.cluster), m.id) AS wire_id
    FROM looked CROSS JOIN LATERAL (
        SELECT * FROM kompang.message WHERE id = looked.message_id AND scheduled_at = looked.scheduled_at OFFSET 0
    ) m
    WHERE cardinality($4::text[]) = 0 OR m.state::text = ANY ($4)
    ORDER BY m.lead_id LIMIT $6
) told ON true

-- name: campaign_exists
SELECT true FROM kompang.campaign WHERE account_id = $1 AND id = $2::bigint

-- name: enrollments
-- The next enrollments of the account, oldest first: how far one page may look.
SELECT id, lead_id, created_at
FROM kompang.enrollment
WHERE account_id = $1 AND id >= $2
ORDER BY account_id, id
LIMIT $3

-- name: list_of_enrollments
-- Each enrollment leads to its messages by the index (lead_id, scheduled_at); none is due before its
-- enrollment was made, which spares the older partitions.
SELECT m.id, m.state::text AS state, m.reason, m.lead_id, m.device_id, s.slug AS sequence, m.position,
    m.scheduled_at, m.handed_at, m.sent_at, m.attempts, m.text_hash, kompang.message_traceparent(e.traceparent, m.campaign_id, m.id) AS traceparent, m.enrollment_id, m.campaign_id, m.is_confirmation,
    kompang.wire_id((SELECT id FROM kompang.cluster), m.id) AS wire_id
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS w (id, lead_id, created_at)
JOIN kompang.message m
    ON m.lead_id = w.lead_id AND m.enrollment_id = w.id AND m.scheduled_at >= w.created_at
    AND m.account_id = $10
JOIN kompang.enrollment e ON e.id = m.enrollment_id
LEFT JOIN kompang.sequence_step st ON st.id = m.step_id
LEFT JOIN kompang.sequence s ON s.id = st.sequence_id
WHERE (m.enrollment_id, m.scheduled_at, m.id) > ($4::bigint, $5::timestamptz, $6::bigint)
    AND ($7::integer = 0 OR st.sequence_id = $7)
    AND (cardinality($8::text[]) = 0 OR m.state::text = ANY ($8))
ORDER BY m.enrollment_id, m.scheduled_at, m.id
LIMIT $9

-- name: lead_exists
SELECT true FROM kompang.lead WHERE account_id = $1 AND id = $2::bigint

-- name: sequence_id
SELECT id FROM kompang.sequence WHERE account_id = $1 AND slug = $2

-- name: lock_pace
-- The device's pace is locked first, as in the hand: a hand that is under way ends before we look, and
-- the next one sees what we did. A statement of its own, because the next must see what that hand did.
SELECT true
FROM kompang.device_pace p
WHERE p.device_id = (SELECT device_id FROM kompang.message WHERE id = $2::bigint AND account_id = $1)
FOR UPDATE

-- name: resolve
-- An operator's word on a message that may have gone: its new state ($3: sent, pending, failed) and the
-- reason ($4). What would be refused to a first attempt, or arrive out of order, is not sent again. The
-- flight ends, should dispatch have meant to repeat it; the scan finds again what is pending.
WITH judged AS (
    SELECT m.id, m.scheduled_at, m.state, CASE
        WHEN m.state <> 'unknown' THEN 'settled'
        WHEN $3::text <> 'pending' THEN 'resolved'
        WHEN m.is_confirmation THEN 'confirmation'
        WHEN s.phone_hash IS NOT NULL THEN 'suppressed'
        WHEN EXISTS (SELECT FROM kompang.message later
            WHERE later.lead_id = m.lead_id AND later.enrollment_id = m.enrollment_id
                AND later.scheduled_at >= m.scheduled_at AND later.position > m.position
                AND later.attempts > 0) THEN 'overtaken'
        WHEN e.state NOT IN ('active', 'held') OR c.state = 'cancelled' THEN 'stopped'
        ELSE 'resolved' END AS verdict
    FROM kompang.message m
    JOIN kompang.lead l ON l.id = m.lead_id
    LEFT JOIN kompang.suppression s ON s.account_id = m.account_id AND s.phone_hash = l.phone_hash
    LEFT JOIN kompang.enrollment e ON e.id = m.enrollment_id
    LEFT JOIN kompang.campaign c ON c.id = m.campaign_id
    WHERE m.id = $2::bigint AND m.account_id = $1
), resolved AS (
    UPDATE kompang.message m SET state = $3::text::kompang.message_state, reason = $4
    FROM judged j
    WHERE j.verdict = 'resolved' AND m.id = j.id AND m.scheduled_at = j.scheduled_at AND m.state = 'unknown'
    RETURNING m.id, m.scheduled_at, m.account_id, m.device_id, m.lead_id, m.enrollment_id, m.position,
        m.state, m.reason
), freed AS (
    UPDATE kompang.device_pace p
    SET in_flight_id = CASE WHEN p.in_flight_id = r.id THEN NULL ELSE p.in_flight_id END,
        in_flight_at = CASE WHEN p.in_flight_id = r.id THEN NULL ELSE p.in_flight_at END,
        -- When it went, if it did, nobody knows: the device's gap starts anew.
        last_sent_at = CASE WHEN p.in_flight_id = r.id THEN now() ELSE p.last_sent_at END,
        first_contacts_on = CASE WHEN r.state <> 'pending' AND p.in_flight_id = r.id AND p.is_first_contact
            THEN day.today ELSE p.first_contacts_on END,
        first_contact_count = CASE WHEN r.state <> 'pending' AND p.in_flight_id = r.id AND p.is_first_contact
            THEN CASE WHEN p.first_contacts_on = day.today THEN p.first_contact_count + 1 ELSE 1 END
            ELSE p.first_contact_count END,
        cursor_at = CASE WHEN r.state = 'pending' THEN least(p.cursor_at, r.scheduled_at) ELSE p.cursor_at END
    FROM resolved r
    JOIN kompang.account a ON a.id = r.account_id
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE a.timezone)::date AS today) day
    WHERE p.device_id = r.device_id
), closed AS (
    UPDATE kompang.enrollment e SET state = 'finished', ended_at = now()
    FROM resolved r
    WHERE r.state <> 'pending' AND e.id = r.enrollment_id AND e.state IN ('active', 'held') AND r.position = e.message_count
), noted AS (
    INSERT INTO kompang.event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM resolved
)
SELECT CASE WHEN j.verdict = 'resolved' AND NOT EXISTS (SELECT FROM resolved) THEN 'settled'
    ELSE j.verdict END AS verdict
FROM judged j
