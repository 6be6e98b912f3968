-- name: set_up
-- A batch that a crash of the server takes back takes its place in the file with it, and is written again:
-- only the end of an import waits for the disk, and with it all that was written before.
-- The statements of a batch look at as many rows as it has, by key. Statistics say nothing of that: a table
-- that grows with the import would be read whole, batch after batch.
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['synchronous_commit', 'enable_hashjoin', 'enable_mergejoin', 'enable_material',
    'enable_seqscan', 'enable_bitmapscan']) AS name

-- name: insert_new
-- The numbers that are new. A lead without a device gets the import's, else one of the account's usable
-- ones in turn, from a place that the number decides. Without any the NOT NULL of device_id refuses all.
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::bytea[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::timestamptz[], $9::text[], $10::text[])
        WITH ORDINALITY AS lead (phone, phone_hash, display_name, trigger, device_id, attributes, granted_at,
            language, timezone, place)
), fresh AS (
    SELECT w.*, row_number() OVER (ORDER BY place) - 1 AS turn, first_value(w.phone_hash) OVER (ORDER BY place) AS first_hash
    FROM wanted w
    WHERE NOT EXISTS (SELECT FROM kompang.lead l WHERE l.account_id = $1 AND l.phone = w.phone)
), pool AS (
    SELECT array_agg(id ORDER BY id) AS ids, count(*) AS size
    FROM kompang.device
    WHERE account_id = $1 AND state <> 'parked'
)
INSERT INTO kompang.lead
    (account_id, phone, phone_hash, display_name, trigger, device_id, attributes, consent_at, language, timezone)
SELECT $1, phone, phone_hash, display_name, trigger,
    coalesce(device_id, $11::bigint, ids[1 + (('x' || encode(substr(first_hash, 1, 4), 'hex'))::bit(32)::bigint + turn)
        % nullif(size, 0)]),
    attributes::jsonb, granted_at, language, timezone
FROM fresh, pool
ORDER BY place
ON CONFLICT (account_id, phone) DO NOTHING
RETURNING id, phone

-- name: known
-- What the file's rows would make of the leads there are: nothing is locked, most will not change.
SELECT w.place, l.id, l.device_id, l.consent_at IS NOT NULL AS consented,
    (SELECT count(*) FROM jsonb_object_keys(l.attributes || w.attributes::jsonb)) AS attributes
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS w (phone, attributes, place)
CROSS JOIN LATERAL (SELECT * FROM kompang.lead WHERE account_id = $1 AND phone = w.phone LIMIT 1) l

-- name: lock_moving
-- Leads that would change their device: enrollment must not slip in between.
SELECT id FROM kompang.lead WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE

-- name: enrolled
SELECT DISTINCT lead_id FROM kompang.enrollment WHERE lead_id = ANY ($1::bigint[]) AND state = 'active'

-- name: add_consents
-- Evidence is only ever added. A statement without a time of its own is evidence once a lead.
INSERT INTO kompang.consent (lead_id, source, wording, granted_at)
SELECT lead_id, source, wording, granted_at
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[])
    AS w (lead_id, source, wording, granted_at, is_undated)
WHERE NOT EXISTS (
    SELECT FROM kompang.consent c
    WHERE w.is_undated AND c.lead_id = w.lead_id AND c.source = w.source AND c.wording = w.wording)
ON CONFLICT (lead_id, granted_at, source, wording) DO NOTHING
RETURNING lead_id

-- name: update_changed
-- What the file says nothing about stays. Leads that are as wanted are not touched and not returned.
UPDATE kompang.lead l
SET display_name = coalesce(nullif(w.display_name, ''), l.display_name),
    triggered_at = CASE WHEN w.trigger NOT IN ('', l.trigger) THEN clock_timestamp() ELSE l.triggered_at END,
    trigger = coalesce(nullif(w.trigger, ''), l.trigger), device_id = coalesce(w.device_id, l.device_id),
    attributes = l.attributes || w.attributes::jsonb, consent_at = greatest(l.consent_at, w.granted_at),
    language = coalesce(nullif(w.language, ''), l.language), timezone = coalesce(nullif(w.timezone, ''), l.timezone),
    updated_at = now()
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
    $8::text[]) AS w (id, display_name, trigger, device_id, attributes, granted_at, language, timezone)
WHERE l.id = w.id
    AND (l.display_name, l.trigger, l.device_id, l.attributes, l.consent_at, l.language, l.timezone)
        IS DISTINCT FROM
        (coalesce(nullif(w.display_name, ''), l.display_name), coalesce(nullif(w.trigger, ''), l.trigger),
         coalesce(w.device_id, l.device_id), l.attributes || w.attributes::jsonb,
         greatest(l.consent_at, w.granted_at), coalesce(nullif(w.language, ''), l.language),
         coalesce(nullif(w.timezone, ''), l.timezone))
RETURNING l.id

-- name: count_suppressed
SELECT count(*) FROM kompang.suppression WHERE account_id = $1 AND phone_hash = ANY ($2::bytea[])
