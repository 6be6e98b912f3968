-- People who said no, by number: noted, or suppressed.

-- name: lock_people
-- The leads of some numbers, in one order for everybody: enrollment under way is waited for.
SELECT id FROM kompang.lead WHERE account_id = $1 AND phone = ANY ($2::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: refuse
-- People who said no. Those who have given a permission take it back with that, and are returned; of the others it
-- is noted, and by which list ($3), so that the permission of a whole file does not count for them.
WITH person AS (
    SELECT l.id, l.phone, l.consent_at, said.refused_by FROM unnest($2::text[], $3::text[]) AS said (phone, refused_by)
    JOIN kompang.lead l ON l.account_id = $1 AND l.phone = said.phone
), noted AS (
    UPDATE kompang.lead l SET refused_at = now(), refused_by = person.refused_by, updated_at = now()
    FROM person WHERE l.id = person.id AND l.account_id = $1 AND person.consent_at IS NULL AND l.refused_at IS NULL
)
SELECT phone FROM person WHERE consent_at IS NOT NULL

-- name: suppress_many
-- As `suppress`, of people who may be no leads, by an import ($5). A suppression that was there before stays as it
-- is, but for a stop word's, which START would take back; whoever finds that of another import confirms it. By which
-- hash each is known, and whether that is new.
WITH said AS (
    SELECT * FROM unnest($2::text[], $3::bytea[], $4::text[]) AS w (phone, phone_hash, reason)
), person AS MATERIALIZED (
    SELECT l.id, coalesce(l.phone_hash, said.phone_hash) AS phone_hash, said.reason
    FROM said LEFT JOIN kompang.lead l ON l.account_id = $1 AND l.phone = said.phone
), before AS MATERIALIZED (
    SELECT s.phone_hash FROM person JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = person.phone_hash
), recorded AS (
    INSERT INTO kompang.suppression (account_id, phone_hash, reason, import_id, by_list)
    SELECT DISTINCT ON (phone_hash) $1::integer, phone_hash, reason, $5::bigint, true FROM person ORDER BY phone_hash
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET reason = CASE suppression.reason WHEN 'stop_word' THEN EXCLUDED.reason ELSE suppression.reason END,
        by_list = suppression.by_list OR suppression.reason = 'stop_word',
        import_id = NULL, doubted_at = NULL
    WHERE suppression.reason = 'stop_word' OR suppression.import_id <> EXCLUDED.import_id
    RETURNING phone_hash
), stopped AS (
    UPDATE kompang.enrollment SET state = 'stopped', reason = 'suppressed', ended_at = now()
    WHERE account_id = $1 AND lead_id IN (SELECT id FROM person) AND state IN ('active', 'held')
), ended AS (
    UPDATE kompang.message SET state = 'suppressed', reason = 'suppressed'
    WHERE account_id = $1 AND lead_id IN (SELECT id FROM person) AND state = 'pending'
    RETURNING id, lead_id, device_id
), told AS (
    INSERT INTO kompang.event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT $1::integer, 'message_changed', id, lead_id, device_id, 'suppressed', 'suppressed' FROM ended
    UNION ALL
    SELECT $1, 'lead_suppressed', NULL, person.id, NULL, NULL, person.reason
    FROM recorded JOIN person USING (phone_hash) WHERE person.id IS NOT NULL
)
SELECT DISTINCT phone_hash, phone_hash NOT IN (SELECT phone_hash FROM before) AS is_new FROM person
