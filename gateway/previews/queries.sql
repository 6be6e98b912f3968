-- What a preview of a step needs of a lead and of its account.

-- name: lead
SELECT display_name, attributes, language, timezone FROM kompang.lead WHERE account_id = $1 AND id = $2::bigint

-- name: account
-- How the account speaks, and what a reader has from it: $2 and $3 are the reader's own language and zone,
-- $4 the moment of reading.
SELECT w.document, coalesce(nullif($2::text, ''), a.language) AS language,
    extract(hour FROM $4::timestamptz AT TIME ZONE coalesce(nullif($3::text, ''), a.timezone))::integer AS hour
FROM kompang.account a
LEFT JOIN kompang.wording w ON w.id = a.wording_id
WHERE a.id = $1

-- name: audience
-- The leads with one of these triggers, by the index (account_id, trigger, ...).
SELECT count(*) FROM kompang.lead WHERE account_id = $1 AND trigger = ANY ($2::text[]) AND trigger <> ''

-- name: audience_names
-- Names of some of these leads: a few thousand show well enough how often names repeat.
SELECT display_name
FROM kompang.lead
WHERE account_id = $1 AND trigger = ANY ($2::text[]) AND trigger <> ''
LIMIT $3

-- name: everybody
SELECT count(*) FROM kompang.lead WHERE account_id = $1

-- name: everybodys_names
SELECT display_name FROM kompang.lead WHERE account_id = $1 LIMIT $2
