-- Leads by number: new ones, those that a batch changes, the permissions that it brings.

-- name: insert_new
-- The numbers that are new. A lead without a device of its own gets $11, else one of the account's usable
-- devices for good: they take turns from a place that the number decides, so that a batch spreads evenly and
-- one lead alone always gets the same device. A row without an id is a number for which there is no device.
-- $12, $13: older hashes, and whose they are. The suppression of a new lead is brought under the hash of the lead,
-- for that is where the hand looks; an operator's word outweighs a stop word.
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
        $9::bytea[], $10::timestamptz[])
        WITH ORDINALITY AS lead (phone, display_name, trigger, device_id, attributes, language, timezone,
            phone_hash, granted_at, place)
), fresh AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.device_id IS NULL ORDER BY place) - 1 AS turn,
        first_value(w.phone_hash) OVER (PARTITION BY w.device_id IS NULL ORDER BY place) AS first_hash
    FROM wanted w
    WHERE NOT EXISTS (SELECT FROM kompang.lead l WHERE l.account_id = $1 AND l.phone = w.phone)
), pool AS (
    SELECT array_agg(id ORDER BY id) AS ids, count(*) AS size
    FROM kompang.device
    WHERE account_id = $1 AND state <> 'parked'
), assigned AS (
    SELECT fresh.*, coalesce(device_id, $11::bigint,
        ids[1 + (('x' || encode(substr(first_hash, 1, 4), 'hex'))::bit(32)::bigint + turn) % nullif(size, 0)]) AS given_id
    FROM fresh, pool
), made AS (
    INSERT INTO kompang.lead
        (account_id, phone, phone_hash, display_name, trigger, device_id, attributes, consent_at, language, timezone)
    SELECT $1, phone, phone_hash, display_name, trigger, given_id, attributes::jsonb, granted_at, language, timezone
    FROM assigned
    WHERE given_id IS NOT NULL
    ORDER BY place
    ON CONFLICT (account_id, phone) DO NOTHING
    RETURNING id, phone, phone_hash
), moved AS (
    DELETE FROM kompang.suppression s
    USING made, unnest($12::bytea[], $13::text[]) AS older (phone_hash, phone)
    WHERE older.phone = made.phone AND s.account_id = $1 AND s.phone_hash = older.phone_hash
    RETURNING made.phone_hash, s.reason, s.created_at, s.import_id, s.by_list, s.doubted_at
), kept AS (
    INSERT INTO kompang.suppression (account_id, phone_hash, reason, created_at, import_id, by_list, doubted_at)
    SELECT DISTINCT ON (phone_hash) $1, phone_hash, reason, created_at, import_id, by_list, doubted_at
    FROM moved ORDER BY phone_hash, reason = 'stop_word', doubted_at IS NOT NULL, created_at
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET reason = EXCLUDED.reason, by_list = EXCLUDED.by_list,
        doubted_at = CASE WHEN EXCLUDED.doubted_at IS NOT NULL THEN suppression.doubted_at END
    WHERE suppression.reason = 'stop_word'
)
SELECT id, phone FROM made
UNION ALL
SELECT NULL, phone FROM assigned WHERE given_id IS NULL

-- name: compare
-- The leads there are, and whether the batch changes them. Nothing is locked, because most leads of a list
-- that comes again stay as they are. $2 is the text that leaves what the lead has: '' in an import, none (NULL)
-- in BatchUpsertLeads, whose leads are whole.
SELECT w.place, l.id, l.device_id, l.consent_at IS NOT NULL AS consented,
    (SELECT count(*) FROM jsonb_object_keys(new.attributes)) AS attributes, new.is_evident,
    new.is_evident OR (l.display_name, l.trigger, l.device_id, l.attributes, l.language, l.timezone)
        IS DISTINCT FROM
        (new.display_name, new.trigger, new.device_id, new.attributes, new.language, new.timezone) AS differs
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::timestamptz[], $13::boolean[], $14::boolean[])
    WITH ORDINALITY AS w (phone, display_name, trigger, device_id, attributes, language, timezone, source, wording,
        granted_at, is_undated, is_own, place)
CROSS JOIN LATERAL (SELECT * FROM kompang.lead WHERE account_id = $1 AND phone = w.phone LIMIT 1) l
CROSS JOIN LATERAL (
    SELECT coalesce(nullif(w.display_name, $2::text), l.display_name) AS display_name,
        coalesce(nullif(w.trigger, $2), l.trigger) AS trigger,
        coalesce(w.device_id, l.device_id) AS device_id,
        CASE WHEN $2 IS NULL THEN w.attributes::jsonb ELSE l.attributes || w.attributes::jsonb END AS attributes,
        coalesce(nullif(w.language, $2), l.language) AS language,
        coalesce(nullif(w.timezone, $2), l.timezone) AS timezone,
        w.source IS NOT NULL AND CASE WHEN l.refused_at IS NOT NULL
            -- What the person said later counts; what somebody said of all does not.
            THEN w.is_own AND w.granted_at > l.refused_at
            ELSE NOT EXISTS (
                SELECT FROM kompang.consent c
                WHERE c.lead_id = l.id AND (w.is_undated OR c.granted_at = w.granted_at)
                    AND c.source = w.source AND c.wording = w.wording) END AS is_evident
) new

-- name: lock
-- The leads that change, in one order for everybody, so that two batches do not wait for each other. Enrollment
-- under way is waited for, and does not slip in between the look at the enrollments and the change. The devices
-- are those of now: `compare` may have seen others.
SELECT id, device_id FROM kompang.lead WHERE id = ANY ($1::bigint[]) AND account_id = $2 ORDER BY id FOR NO KEY UPDATE

-- name: enrolled
-- An enrollment that a reply holds is open too: its messages are planned on the lead's device.
SELECT DISTINCT lead_id FROM kompang.enrollment WHERE lead_id = ANY ($1::bigint[]) AND account_id = $2 AND state IN ('active', 'held')

-- name: add_consents
-- Evidence is only ever added. A statement without a time of its own is evidence once a lead.
INSERT INTO kompang.consent (lead_id, source, wording, granted_at)
SELECT lead_id, w.source, w.wording, w.granted_at
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[])
    AS w (lead_id, source, wording, granted_at, is_undated)
JOIN kompang.lead l ON l.id = w.lead_id AND l.account_id = $6
WHERE NOT EXISTS (
    SELECT FROM kompang.consent c
    WHERE w.is_undated AND c.lead_id = l.id AND c.source = w.source AND c.wording = w.wording)
ON CONFLICT (lead_id, granted_at, source, wording) DO NOTHING
RETURNING lead_id

-- name: update
-- Brings leads to what `compare` found, in the order of their ids. $1 is the $2 of `compare`. A lead that was
-- erased meanwhile has another number, is not touched and not returned.
UPDATE kompang.lead l
SET display_name = coalesce(nullif(w.display_name, $1::text), l.display_name),
    trigger = coalesce(nullif(w.trigger, $1), l.trigger), device_id = coalesce(w.device_id, l.device_id),
    attributes = CASE WHEN $1 IS NULL THEN w.attributes::jsonb ELSE l.attributes || w.attributes::jsonb END,
    consent_at = greatest(l.consent_at, w.granted_at),
    refused_at = CASE WHEN w.granted_at IS NULL THEN l.refused_at END,
    refused_by = CASE WHEN w.granted_at IS NULL THEN l.refused_by ELSE '' END,
    language = coalesce(nullif(w.language, $1), l.language), timezone = coalesce(nullif(w.timezone, $1), l.timezone),
    updated_at = now(),
    -- Not now(): an enrollment that this statement waited for was by the trigger before.
    triggered_at = CASE WHEN coalesce(nullif(w.trigger, $1), l.trigger) <> l.trigger THEN clock_timestamp()
        ELSE l.triggered_at END
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::timestamptz[])
    AS w (phone, display_name, trigger, device_id, attributes, language, timezone, id, granted_at)
WHERE l.id = w.id AND l.phone = w.phone AND l.account_id = $11
RETURNING l.id
