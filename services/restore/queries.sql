-- What is done about a database that has forgotten its newest transactions; the functions are in the migration.

-- name: notice
SELECT alive_at, is_held, is_settled, is_news FROM notice_restore($1::timestamptz, $2::boolean);

-- name: declare
-- As if somebody had seen a later moment: an operator knows of a restore that nobody could notice.
SELECT is_held FROM cluster, LATERAL notice_restore(cluster.alive_at + interval '1 us', false);

-- name: doubts
SELECT count(*) FROM cluster c JOIN restore r ON r.id = c.held_by CROSS JOIN device d
JOIN message m ON m.device_id = d.id AND m.scheduled_at BETWEEN r.oldest_at AND r.noticed_at
WHERE m.state = 'unknown' AND m.reason = 'restored';

-- name: settle
SELECT settle_restore($1::bigint, $2::integer);

-- name: held
-- The restore that holds all sending, if one does.
SELECT r.id, r.known_until, r.noticed_at, r.settled_at, r.journals
FROM cluster c JOIN restore r ON r.id = c.held_by;

-- name: replayed
-- Adds what a journal gave back to what earlier readings of it gave.
UPDATE restore SET journals = journals || jsonb_build_object($2::text, coalesce((journals ->> $2::text)::integer, 0) + $3::integer)
WHERE id = $1;

-- name: incomplete
-- Of a journal that has lost words; null, unless it was read whole.
UPDATE restore SET journals = jsonb_build_object($2::text, NULL) || journals WHERE id = $1;

-- name: replay
-- One word of a person, as `record_inbound` records it: the row in `inbound` makes it count once, also when the
-- database remembers it, or the network delivers it again. Columns: kind, account, the hash that suppression knew
-- the person by, the lead (0: none), device, the network's id, when. A lead's row may have an older hash than the
-- journal. A confirmation is not sent for the word any more.
WITH person AS (
    SELECT lead.id, lead.phone_hash FROM lead
    WHERE lead.account_id = $2::integer AND lead.erased_at IS NULL
        AND (lead.id = $4::bigint OR ($4::bigint = 0 AND lead.phone_hash = $3::bytea))
    ORDER BY lead.id LIMIT 1
), hash AS (
    SELECT $3::bytea AS phone_hash UNION SELECT phone_hash FROM person
), fresh AS (
    INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind, received_at)
    SELECT $5::integer, $6::text, $2::integer, (SELECT id FROM person), $1::text, $7::timestamptz
    WHERE EXISTS (SELECT FROM account WHERE id = $2::integer)
    ON CONFLICT DO NOTHING
    RETURNING account_id, lead_id, kind, received_at
), suppressed AS (
    INSERT INTO suppression (account_id, phone_hash, reason, created_at, doubted_at)
    SELECT account_id, hash.phone_hash, 'stop_word', received_at, CASE kind WHEN 'perhaps' THEN received_at END
    FROM fresh CROSS JOIN hash WHERE kind IN ('stop', 'perhaps')
    ON CONFLICT (account_id, phone_hash) DO UPDATE SET doubted_at = NULL
    WHERE suppression.doubted_at IS NOT NULL AND EXCLUDED.doubted_at IS NULL
    RETURNING account_id
), confirmed_import AS (
    -- What an import said the person says, too: taking back the import changes nothing any more.
    UPDATE suppression s SET import_id = NULL FROM fresh f
    WHERE f.kind IN ('stop', 'perhaps') AND s.account_id = f.account_id AND s.import_id IS NOT NULL
        AND s.phone_hash IN (SELECT phone_hash FROM hash)
), taken_back AS (
    DELETE FROM suppression s USING fresh f
    WHERE f.kind = 'start' AND s.account_id = f.account_id AND s.phone_hash IN (SELECT phone_hash FROM hash)
        AND s.reason = 'stop_word'
    RETURNING s.account_id
), stopped AS (
    UPDATE enrollment e SET state = 'stopped', reason = 'suppressed', ended_at = now()
    FROM fresh f WHERE f.kind IN ('stop', 'perhaps') AND e.lead_id = f.lead_id AND e.state IN ('active', 'held')
), ended AS (
    UPDATE message m SET state = 'suppressed', reason = 'suppressed'
    FROM fresh f WHERE f.kind IN ('stop', 'perhaps') AND m.lead_id = f.lead_id AND m.state = 'pending'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
    UNION ALL
    SELECT f.account_id, 'lead_suppressed', NULL::bigint, f.lead_id, NULL::integer, NULL::text,
        CASE f.kind WHEN 'stop' THEN 'stop_word' ELSE f.kind END
    FROM fresh f WHERE f.lead_id IS NOT NULL AND EXISTS (SELECT FROM suppressed)
    UNION ALL
    SELECT f.account_id, 'lead_doubted', NULL, f.lead_id, NULL, NULL, f.kind
    FROM fresh f WHERE f.lead_id IS NOT NULL AND f.kind = 'perhaps' AND EXISTS (SELECT FROM suppressed)
    UNION ALL
    SELECT f.account_id, 'lead_restored', NULL, f.lead_id, NULL, NULL, 'start_word'
    FROM fresh f WHERE f.lead_id IS NOT NULL AND EXISTS (SELECT FROM taken_back)
)
SELECT count(*) FROM fresh;

-- name: confirm
-- Somebody decided that what is in doubt was a stop; a doubt of later is another one. Columns: account, hash, lead,
-- when. How many doubts end.
WITH person AS (
    SELECT lead.phone_hash FROM lead
    WHERE lead.account_id = $1::integer AND lead.id = $3::bigint AND lead.erased_at IS NULL
), confirmed AS (
    UPDATE suppression SET doubted_at = NULL
    WHERE account_id = $1::integer AND doubted_at <= $4::timestamptz
        AND (phone_hash = $2::bytea OR phone_hash IN (SELECT phone_hash FROM person))
    RETURNING true
)
SELECT count(*) FROM confirmed;

-- name: suppress
-- An operator's word of the journal: it ends what a stop word's would, and START does not take it back. Columns:
-- account, hash, lead, reason, when. How many persons were not suppressed so.
WITH person AS (
    SELECT lead.id, lead.phone_hash FROM lead
    WHERE lead.account_id = $1::integer AND lead.id = $3::bigint AND lead.erased_at IS NULL
), recorded AS (
    INSERT INTO suppression (account_id, phone_hash, reason, created_at)
    SELECT $1::integer, hash.phone_hash, $4::text, $5::timestamptz
    FROM (SELECT $2::bytea AS phone_hash UNION SELECT phone_hash FROM person) hash
    WHERE EXISTS (SELECT FROM account WHERE id = $1::integer)
    -- What an import said is the operator's word from now on.
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET reason = CASE suppression.reason WHEN 'stop_word' THEN EXCLUDED.reason ELSE suppression.reason END,
        import_id = NULL, doubted_at = NULL
    WHERE suppression.reason = 'stop_word' OR suppression.import_id IS NOT NULL
    RETURNING true
), stopped AS (
    UPDATE enrollment SET state = 'stopped', reason = 'suppressed', ended_at = now()
    FROM person WHERE lead_id = person.id AND state IN ('active', 'held') AND EXISTS (SELECT FROM recorded)
), ended AS (
    UPDATE message SET state = 'suppressed', reason = 'suppressed'
    FROM person WHERE lead_id = person.id AND state = 'pending' AND EXISTS (SELECT FROM recorded)
    RETURNING message.id, lead_id, device_id
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT $1::integer, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
    UNION ALL
    SELECT $1::integer, 'lead_suppressed', NULL, id, NULL, NULL, $4::text FROM person WHERE EXISTS (SELECT FROM recorded)
)
SELECT count(*) FROM (SELECT FROM recorded LIMIT 1) once;

-- name: suppress_list
-- What a list has suppressed, by the journal. Columns: account, hashes, the import's request_id, when. The import keeps
-- its suppressions where the database knows it, so that it can be taken back; of one that is lost they are certain. A
-- suppression that is there stays as it is, as in the import itself. How many persons were not suppressed so.
WITH person AS (
    SELECT hash.phone_hash, lead.id FROM unnest($2::bytea[]) AS hash (phone_hash)
    LEFT JOIN lead ON lead.account_id = $1::integer AND lead.phone_hash = hash.phone_hash AND lead.erased_at IS NULL
), recorded AS (
    INSERT INTO suppression (account_id, phone_hash, reason, created_at, by_list, import_id)
    SELECT DISTINCT $1::integer, person.phone_hash, 'import', $4::timestamptz, true,
        (SELECT import.id FROM import WHERE import.account_id = $1::integer AND import.request_id = $3::uuid)
    FROM person WHERE EXISTS (SELECT FROM account WHERE id = $1::integer)
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET reason = CASE suppression.reason WHEN 'stop_word' THEN EXCLUDED.reason ELSE suppression.reason END,
        by_list = suppression.by_list OR suppression.reason = 'stop_word', import_id = NULL, doubted_at = NULL
    WHERE suppression.reason = 'stop_word'
        OR (suppression.import_id IS NOT NULL AND suppression.import_id IS DISTINCT FROM EXCLUDED.import_id)
    RETURNING phone_hash
), news AS (
    SELECT person.id FROM recorded JOIN person USING (phone_hash) WHERE person.id IS NOT NULL
), stopped AS (
    UPDATE enrollment SET state = 'stopped', reason = 'suppressed', ended_at = now()
    FROM news WHERE lead_id = news.id AND state IN ('active', 'held')
), ended AS (
    UPDATE message SET state = 'suppressed', reason = 'suppressed'
    FROM news WHERE lead_id = news.id AND state = 'pending'
    RETURNING message.id, lead_id, device_id
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT $1::integer, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
    UNION ALL
    SELECT $1::integer, 'lead_suppressed', NULL, id, NULL, NULL, 'import' FROM news
)
SELECT count(*) FROM recorded;

-- name: doubt_list
-- Who said no in a list that the database has forgotten, or the lead with it: the permission of another list would count
-- for them. They are suppressed, and a person decides, as after what is perhaps a stop. Whoever has said yes, is
-- suppressed, or is remembered to have said no, stays as they are. Columns: account, hashes, when. How many.
WITH person AS (
    SELECT hash.phone_hash, lead.id FROM unnest($2::bytea[]) AS hash (phone_hash)
    LEFT JOIN lead ON lead.account_id = $1::integer AND lead.phone_hash = hash.phone_hash AND lead.erased_at IS NULL
    WHERE lead.consent_at IS NULL AND lead.refused_at IS NULL
), recorded AS (
    INSERT INTO suppression (account_id, phone_hash, reason, created_at, doubted_at)
    SELECT DISTINCT $1::integer, person.phone_hash, 'stop_word', $3::timestamptz, $3::timestamptz
    FROM person WHERE EXISTS (SELECT FROM account WHERE id = $1::integer)
    ON CONFLICT DO NOTHING
    RETURNING phone_hash
), news AS (
    SELECT person.id FROM recorded JOIN person USING (phone_hash) WHERE person.id IS NOT NULL
), stopped AS (
    UPDATE enrollment SET state = 'stopped', reason = 'suppressed', ended_at = now()
    FROM news WHERE lead_id = news.id AND state IN ('active', 'held')
), ended AS (
    UPDATE message SET state = 'suppressed', reason = 'suppressed'
    FROM news WHERE lead_id = news.id AND state = 'pending'
    RETURNING message.id, lead_id, device_id
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT $1::integer, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
    UNION ALL
    SELECT $1::integer, 'lead_suppressed', NULL, id, NULL, NULL, 'perhaps' FROM news
    UNION ALL
    SELECT $1::integer, 'lead_doubted', NULL, id, NULL, NULL, 'perhaps' FROM news
)
SELECT count(*) FROM recorded;

-- name: undo_list
-- That a list was taken back: what the database remembers of it goes, unless somebody confirmed it. Columns: account,
-- the import's request_id. How many.
WITH gone AS (
    DELETE FROM suppression s USING import
    WHERE import.account_id = $1::integer AND import.request_id = $2::uuid AND s.account_id = import.account_id
        AND s.import_id = import.id
    RETURNING s.phone_hash
), told AS (
    INSERT INTO event (account_id, type, lead_id, reason)
    SELECT $1::integer, 'lead_restored', lead.id, 'import_undone'
    FROM gone JOIN lead ON lead.account_id = $1::integer AND lead.phone_hash = gone.phone_hash
)
SELECT count(*) FROM gone;

-- name: withhold_lead
UPDATE lead SET withheld_at = now() WHERE account_id = $1 AND id = $2::bigint AND erased_at IS NULL;

-- name: withhold
-- Leads that were written to since $1, or may have been since: each may have said stop in the time that was lost.
UPDATE lead SET withheld_at = now()
FROM cluster c JOIN restore r ON r.id = c.held_by
WHERE lead.withheld_at IS NULL AND lead.erased_at IS NULL AND lead.id IN (
    SELECT m.lead_id FROM message m
    WHERE m.scheduled_at BETWEEN r.known_until - $1::interval AND r.noticed_at
        AND (m.attempts > 0 OR m.state = 'unknown'));

-- name: settle_doubts
-- What became unknown by the restore: sent again under its id where the network knows ids, else settled by
-- `on_unknown`. What is in flight is left to the hand, which does the same. $1: attempts after which `resend` ends.
WITH doubted AS (
    SELECT m.id, m.scheduled_at, m.device_id, m.enrollment_id, CASE WHEN can_repeat(d.transport) THEN 'pending'
        ELSE after_doubt(m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.attempts, $1::integer) END AS becomes
    FROM cluster c
    JOIN restore r ON r.id = c.held_by
    CROSS JOIN device d
    JOIN device_pace p ON p.device_id = d.id
    JOIN message m ON m.device_id = d.id AND m.scheduled_at BETWEEN r.oldest_at AND r.noticed_at
    WHERE m.state = 'unknown' AND m.reason = 'restored' AND p.in_flight_id IS DISTINCT FROM m.id
), settled AS (
    UPDATE message m SET state = doubted.becomes,
        reason = CASE doubted.becomes WHEN 'pending' THEN 'resend' ELSE 'gave_up' END
    FROM doubted
    WHERE m.id = doubted.id AND m.scheduled_at = doubted.scheduled_at AND doubted.becomes <> 'unknown'
    RETURNING m.id, m.scheduled_at, m.account_id, m.lead_id, m.device_id, m.enrollment_id, m.position, m.state
), found_again AS (
    UPDATE device_pace p SET cursor_at = least(p.cursor_at, first.at)
    FROM (SELECT device_id, min(scheduled_at) AS at FROM settled WHERE state = 'pending' GROUP BY device_id) first
    WHERE p.device_id = first.device_id
), closed AS (
    UPDATE enrollment e SET state = 'finished', ended_at = now()
    FROM settled s
    WHERE s.state = 'failed' AND e.id = s.enrollment_id AND e.state IN ('active', 'held') AND s.position = e.message_count
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, 'failed', 'gave_up' FROM settled WHERE state = 'failed'
)
SELECT count(*) FILTER (WHERE becomes = 'pending') AS again, count(*) FILTER (WHERE becomes <> 'pending') AS left_unknown
FROM doubted;

-- name: trust
-- The operator knows that nothing was lost: nothing is in doubt, and no host needs a new lock.
UPDATE restore SET settled_at = coalesce(settled_at, now()) WHERE id = (SELECT held_by FROM cluster);

-- name: release
WITH released AS (
    UPDATE restore SET released_at = now() WHERE id = (SELECT held_by FROM cluster)
)
UPDATE cluster SET held_by = NULL;
