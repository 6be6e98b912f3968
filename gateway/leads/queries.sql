-- Leads one by one: read, suppressed, decided about, resumed, erased, exported.

-- name: triggers
-- What the account's sequences listen for, active or not.
SELECT DISTINCT trigger FROM kompang.sequence WHERE account_id = $1 AND trigger <> '' ORDER BY trigger

-- name: read_many
SELECT l.id, l.phone, l.display_name, l.trigger, l.device_id, l.attributes, l.created_at, l.updated_at,
    l.language, l.timezone, l.refused_at, l.lid, l.former_lids, l.network_phone, c.source, c.wording, c.granted_at,
    s.phone_hash IS NOT NULL AS suppressed, s.doubted_at
FROM kompang.lead l
LEFT JOIN kompang.suppression s ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash
LEFT JOIN LATERAL (
    SELECT source, wording, granted_at FROM kompang.consent
    WHERE lead_id = l.id ORDER BY granted_at DESC LIMIT 1
) c ON true
WHERE l.account_id = $1 AND l.id = ANY ($2::bigint[]) AND l.erased_at IS NULL

-- name: list
-- Looks at no more leads than the range given: the filters have no index of their own in this order.
SELECT l.id, l.phone, l.display_name, l.trigger, l.device_id, l.attributes, l.created_at, l.updated_at,
    l.language, l.timezone, l.refused_at, l.lid, l.former_lids, l.network_phone, c.source, c.wording, c.granted_at,
    s.phone_hash IS NOT NULL AS suppressed, s.doubted_at
FROM (
    SELECT * FROM kompang.lead
    WHERE account_id = $1 AND id > $2 AND id <= $3 AND erased_at IS NULL
        AND ($4::text = '' OR trigger = $4) AND ($5::bigint = 0 OR device_id = $5)
    ORDER BY account_id, id
    LIMIT $6
) l
LEFT JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = l.phone_hash
LEFT JOIN LATERAL (
    SELECT source, wording, granted_at FROM kompang.consent
    WHERE lead_id = l.id ORDER BY granted_at DESC LIMIT 1
) c ON true
ORDER BY l.id

-- name: doubted
-- Leads whose suppression waits for somebody to decide: few, by an index of their own.
SELECT l.id, l.phone, l.display_name, l.trigger, l.device_id, l.attributes, l.created_at, l.updated_at,
    l.language, l.timezone, l.refused_at, l.lid, l.former_lids, l.network_phone, c.source, c.wording, c.granted_at,
    true AS suppressed, s.doubted_at
FROM kompang.suppression s
JOIN kompang.lead l ON l.account_id = $1 AND l.phone_hash = s.phone_hash AND l.erased_at IS NULL
LEFT JOIN LATERAL (
    SELECT source, wording, granted_at FROM kompang.consent
    WHERE lead_id = l.id ORDER BY granted_at DESC LIMIT 1
) c ON true
WHERE s.account_id = $1 AND s.doubted_at IS NOT NULL AND l.id > $2
    AND ($3::text = '' OR l.trigger = $3) AND ($4::bigint = 0 OR l.device_id = $4)
ORDER BY l.id
LIMIT $5

-- name: undo_doubt
-- The person may be written to again; what the suppression has ended stays ended. No row where nobody doubts it.
WITH gone AS (
    DELETE FROM kompang.suppression
    WHERE account_id = $1 AND phone_hash = $2 AND doubted_at IS NOT NULL
    RETURNING account_id
)
INSERT INTO kompang.event (account_id, type, lead_id, reason)
SELECT account_id, 'lead_restored', $3::bigint, 'doubt_undone' FROM gone RETURNING true

-- name: confirm_doubt
-- It was a stop, as if the person had written one. No row where nobody doubts it.
WITH confirmed AS (
    UPDATE kompang.suppression SET doubted_at = NULL
    WHERE account_id = $1 AND phone_hash = $2 AND doubted_at IS NOT NULL
    RETURNING account_id
)
INSERT INTO kompang.event (account_id, type, lead_id, reason)
SELECT account_id, 'lead_suppressed', $3::bigint, 'confirmed' FROM confirmed RETURNING true

-- name: scan_end
-- The last lead of a range of so many: how far one page may look. NULL when the range is the last one.
SELECT id FROM kompang.lead WHERE account_id = $1 AND id > $2 ORDER BY account_id, id OFFSET $3 LIMIT 1

-- name: locked
-- The lead, locked against enrollment: a number is one lead's in its account.
SELECT id, phone, phone_hash, display_name, attributes
FROM kompang.lead
WHERE account_id = $1 AND id = $2::bigint AND erased_at IS NULL
FOR NO KEY UPDATE

-- name: suppress
-- Ends the enrollments and the pending messages of a person. A message that was handed is on its way and stays.
WITH recorded AS (
    INSERT INTO kompang.suppression (account_id, phone_hash, reason) VALUES ($1, $2, $4)
    -- START takes back a stop word's suppression, never an operator's.
    -- What an import made is confirmed.
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET reason = CASE suppression.reason WHEN 'stop_word' THEN EXCLUDED.reason ELSE suppression.reason END,
        import_id = NULL, doubted_at = NULL
    WHERE suppression.reason = 'stop_word' OR suppression.import_id IS NOT NULL
    RETURNING true
), stopped AS (
    UPDATE kompang.enrollment SET state = 'stopped', reason = 'suppressed', ended_at = now()
    WHERE account_id = $1 AND lead_id = ANY ($3::bigint[]) AND state IN ('active', 'held')
), ended AS (
    UPDATE kompang.message SET state = 'suppressed', reason = 'suppressed'
    WHERE account_id = $1 AND lead_id = ANY ($3::bigint[]) AND state = 'pending'
    RETURNING id, lead_id, device_id
)
INSERT INTO kompang.event (account_id, type, message_id, lead_id, device_id, state, reason)
SELECT $1, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
UNION ALL
SELECT $1, 'lead_suppressed', NULL, lead_id, NULL, NULL, $4 FROM recorded, unnest($3::bigint[]) AS lead_id

-- name: unsuppress_import
-- Takes back what one import made, and nobody confirmed since.
WITH gone AS (
    DELETE FROM kompang.suppression WHERE account_id = $1 AND import_id = $2::bigint RETURNING phone_hash
), told AS (
    INSERT INTO kompang.event (account_id, type, lead_id, reason)
    SELECT $1::integer, 'lead_restored', l.id, 'import_undone'
    FROM gone JOIN kompang.lead l ON l.account_id = $1 AND l.phone_hash = gone.phone_hash
)
SELECT count(*) FROM gone

-- name: suppressed_by_import
SELECT count(*) FROM kompang.suppression WHERE account_id = $1 AND import_id = $2::bigint

-- name: lock_paces
-- Locked before messages and cursors, as in every statement that needs both.
SELECT true FROM kompang.device_pace
WHERE device_id IN (SELECT device_id FROM kompang.lead WHERE id = ANY ($1::bigint[]) AND account_id = $2)
ORDER BY device_id
FOR UPDATE

-- name: phone_hash
SELECT phone_hash FROM kompang.lead WHERE account_id = $1 AND id = $2::bigint

-- name: resume
-- A lead that is withheld after a restore gets messages again; those that were put off for it are due as planned.
-- The chains that a reply holds go on: the first pending message is due now, or at its old time if that is later,
-- and the others follow at their distances. The cursor returns, so that the scan finds them. An enrollment with no
-- pending message ends.
WITH trusted AS (
    UPDATE kompang.lead SET withheld_at = NULL WHERE id = ANY ($1::bigint[]) AND account_id = $2 AND withheld_at IS NOT NULL
), put_off AS (
    UPDATE kompang.message SET not_before = NULL, reason = NULL
    WHERE lead_id = ANY ($1::bigint[]) AND account_id = $2 AND state = 'pending' AND reason = 'restored'
    RETURNING device_id, scheduled_at
), held AS (
    SELECT id, lead_id FROM kompang.enrollment WHERE lead_id = ANY ($1::bigint[]) AND account_id = $2 AND state = 'held'
), rest AS (
    SELECT m.id, m.scheduled_at, m.device_id, m.enrollment_id,
        min(m.scheduled_at) OVER (PARTITION BY m.enrollment_id) AS first_at
    FROM held JOIN kompang.message m ON m.lead_id = held.lead_id AND m.enrollment_id = held.id
    WHERE m.state = 'pending'
), resumed AS (
    UPDATE kompang.message m
    SET not_before = greatest(now(), rest.first_at) + (rest.scheduled_at - rest.first_at), reason = NULL
    FROM rest WHERE m.id = rest.id AND m.scheduled_at = rest.scheduled_at AND m.state = 'pending'
), found_again AS (
    UPDATE kompang.device_pace p SET cursor_at = least(p.cursor_at, r.first_at)
    FROM (
        SELECT device_id, min(at) AS first_at FROM (
            SELECT device_id, first_at AS at FROM rest UNION ALL SELECT device_id, scheduled_at FROM put_off) due
        GROUP BY device_id) r
    WHERE p.device_id = r.device_id
)
UPDATE kompang.enrollment e
SET state = CASE WHEN goes_on.is_so THEN 'active' ELSE 'finished' END, reason = '',
    ended_at = CASE WHEN goes_on.is_so THEN NULL ELSE now() END
FROM held CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM kompang.message m WHERE m.lead_id = held.lead_id AND m.enrollment_id = held.id
        AND m.state IN ('pending', 'handed', 'unknown')) AS is_so
) goes_on
WHERE e.id = held.id

-- name: take_time
-- For this transaction; in milliseconds.
SELECT set_config('statement_timeout', $1, true)

-- name: erase
-- Removes everything of the person and cancels the pending messages. A message on its way stays, and its outcome is
-- recorded; the hash of its text says nothing without the person. A suppression stays by its hash, without the words
-- that were its reason. $3, $4: the number and its hash as they were. $5: what the person is found by in the rows of
-- imports, which no lead owns; a refused row keeps its line and its reason. Replies in quarantine go by a trigger.
WITH gone AS (
    DELETE FROM kompang.consent c USING kompang.lead l
    WHERE l.id = $1::bigint AND l.account_id = $2 AND c.lead_id = l.id
), erased AS (
    UPDATE kompang.lead
    SET phone = 'erased-' || id, phone_hash = sha256(uuid_send(gen_random_uuid())), display_name = '', trigger = '',
        lid = '', former_lids = '{}', network_phone = '',
        attributes = '{}', consent_at = NULL, refused_at = NULL, refused_by = '', language = '', timezone = '', updated_at = now(), erased_at = now()
    WHERE id = $1 AND account_id = $2
), stopped AS (
    UPDATE kompang.enrollment SET state = 'stopped', reason = 'erased', ended_at = now()
    WHERE lead_id = $1 AND account_id = $2 AND state IN ('active', 'held')
), known AS (
    -- In the order in which receipts lock messages: those wait for no pace.
    SELECT id, scheduled_at FROM kompang.message
    WHERE lead_id = $1 AND account_id = $2 AND (state = 'pending' OR text_hash IS NOT NULL)
    ORDER BY device_id, id FOR UPDATE
), forgotten AS (
    UPDATE kompang.message m
    SET state = CASE m.state WHEN 'pending' THEN 'cancelled' ELSE m.state END,
        reason = CASE m.state WHEN 'pending' THEN 'erased' ELSE m.reason END,
        text_hash = NULL
    FROM known
    WHERE m.lead_id = $1 AND m.account_id = $2 AND m.id = known.id AND m.scheduled_at = known.scheduled_at
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), recorded AS (
    INSERT INTO kompang.event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM forgotten
    WHERE state = 'cancelled' AND reason = 'erased'
), suppressed AS (
    -- Nobody is left about whom a doubt could be decided.
    UPDATE kompang.suppression
    SET reason = CASE WHEN reason IN ('stop_word', '') THEN reason ELSE 'erased' END, doubted_at = NULL
    WHERE account_id = $2 AND phone_hash = $4 AND (reason NOT IN ('stop_word', '') OR doubted_at IS NOT NULL)
), told AS (
    UPDATE kompang.event SET reason = 'erased'
    WHERE lead_id = $1 AND account_id = $2 AND type = 'lead_suppressed' AND reason NOT IN ('stop_word', 'perhaps', 'confirmed', '')
), heard AS (
    -- An id that an earlier version recorded with the number in it.
    UPDATE kompang.inbound SET inbound_id = 'erased-' || gen_random_uuid()
    WHERE lead_id = $1 AND account_id = $2 AND position(ltrim($3, '+') IN inbound_id) > 0
), refused AS (
    -- A number of two readings is named in its refusal.
    UPDATE kompang.import_error e
    SET cells = '[]', because = CASE e.reason WHEN 'PHONE_AMBIGUOUS' THEN 'erased' ELSE e.because END
    FROM kompang.import i
    WHERE i.account_id = $2 AND e.import_id = i.id AND e.cells::text ~ $5
), titles AS (
    -- A row of a person that was taken for the titles of the columns.
    UPDATE kompang.import SET plan = jsonb_set(plan, '{columns,headers}', '[]')
    WHERE account_id = $2 AND (plan #> '{columns,headers}')::text ~ $5
)
SELECT count(*) FROM forgotten WHERE state = 'cancelled' AND reason = 'erased'

-- name: consents
SELECT c.source, c.wording, c.granted_at, c.recorded_at
FROM kompang.lead l JOIN kompang.consent c ON c.lead_id = l.id
WHERE l.id = $1::bigint AND l.account_id = $2 ORDER BY c.granted_at, c.id

-- name: suppression
SELECT s.reason, s.created_at
FROM kompang.lead l JOIN kompang.suppression s ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash
WHERE l.id = $1::bigint AND l.account_id = $2

-- name: refused_by
SELECT refused_by FROM kompang.lead WHERE id = $1::bigint AND account_id = $2

-- name: enrollments
-- With the versions of the steps that the messages are of, but for messages that a move cancelled.
SELECT s.slug, e.state, e.reason, e.created_at, e.ended_at, e.round, e.message_count, version.slugs, version.revisions
FROM kompang.enrollment e
JOIN kompang.sequence s ON s.id = e.sequence_id
CROSS JOIN LATERAL (
    SELECT array_agg(slug ORDER BY place) AS slugs, array_agg(revision ORDER BY place) AS revisions
    FROM (
        SELECT of.slug, step.revision, min(m.position) AS place
        FROM kompang.message m
        JOIN kompang.sequence_step step ON step.id = m.step_id
        JOIN kompang.sequence of ON of.id = step.sequence_id
        WHERE m.lead_id = e.lead_id AND m.enrollment_id = e.id AND m.reason IS DISTINCT FROM 'moved'
        GROUP BY of.slug, step.revision
    ) one
) version
WHERE e.lead_id = $1 AND e.account_id = $2 ORDER BY e.id

-- name: replies
SELECT device_id, kind, received_at FROM kompang.inbound WHERE lead_id = $1 AND account_id = $2 ORDER BY received_at

-- name: refused_rows
-- In which the lead is found, as by `erase`.
SELECT e.import_id, e.line, e.reason, e.cells
FROM kompang.import i JOIN kompang.import_error e ON e.import_id = i.id
WHERE i.account_id = $1 AND e.cells::text ~ $2
ORDER BY e.import_id, e.line LIMIT 1000

-- name: quarantined
-- What this number wrote to devices of the account, or to devices that are nobody's.
SELECT q.device_id, q.meaning, q.folded, q.received_at
FROM kompang.quarantine q
WHERE (q.sender = ltrim($2, '+') OR (q.lid <> '' AND q.lid IN (
        SELECT unnest(l.lid || l.former_lids) FROM kompang.lead l WHERE l.account_id = $1 AND l.phone = $2)))
    AND NOT EXISTS (SELECT FROM kompang.device d WHERE d.id = q.device_id AND d.account_id <> $1)
ORDER BY q.received_at
