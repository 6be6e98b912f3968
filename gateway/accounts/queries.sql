-- The account of a key: read, locked and written with everything that may be set.

-- name: get
SELECT a.id, a.slug, a.display_name, a.timezone, a.language, a.country, a.version, a.created_at, w.document,
    a.quiet_from, a.quiet_until, a.person_daily_cap, a.person_weekly_cap, a.stop_words, a.start_words,
    coalesce(st.text, '') AS stop_confirmation, a.quiet_weekdays, a.holiday_regions
FROM kompang.account a
LEFT JOIN kompang.wording w ON w.id = a.wording_id
LEFT JOIN kompang.sequence_step st ON st.id = a.stop_confirmation_id
WHERE a.id = $1

-- name: lock
-- One change of an account at a time.
SELECT true FROM kompang.account WHERE id = $1 FOR NO KEY UPDATE

-- name: add_wording
-- Wordings never change: messages that were written with the one before keep it.
INSERT INTO kompang.wording (account_id, document) VALUES ($1, $2::jsonb) RETURNING id

-- name: add_stop_confirmation
-- A text like that of a step: it never changes, so that a repeat says the same.
INSERT INTO kompang.sequence_step (account_id, revision, position, "offset", text, greetings, variation)
VALUES ($1, 1, 1, '0 s', $2, '[]', 'none')
RETURNING id

-- name: change
-- $5: the new wording; NULL keeps the one there is. Likewise $13, the new confirmation, where $12 says that
-- there is to be one.
UPDATE kompang.account
SET display_name = $2, timezone = $3, language = $4, wording_id = coalesce($5::integer, wording_id),
    quiet_from = $6, quiet_until = $7, person_daily_cap = $8, person_weekly_cap = $9,
    stop_words = $10::text[], start_words = $11::text[],
    stop_confirmation_id = CASE WHEN $12::boolean THEN coalesce($13::bigint, stop_confirmation_id) END,
    country = $14, quiet_weekdays = $15, holiday_regions = $16::text[], version = version + 1
WHERE id = $1

-- name: days
SELECT day, name, is_quiet FROM kompang.account_day WHERE account_id = $1 ORDER BY day

-- name: quiet_days
-- From today on, where it is still yesterday too.
SELECT day, name, region, is_estimated FROM kompang.account_quiet_days($1) WHERE day >= current_date - 1 ORDER BY day

-- name: forget_days
DELETE FROM kompang.account_day WHERE account_id = $1

-- name: add_days
INSERT INTO kompang.account_day (account_id, day, name, is_quiet)
SELECT $1, day, name, is_quiet FROM unnest($2::date[], $3::text[], $4::bool[]) AS own (day, name, is_quiet)

-- name: settle_quiet_days
-- What the hand reads, once regions, holidays and days are written.
UPDATE kompang.account
SET quiet_days = ARRAY(SELECT q.day FROM kompang.account_quiet_days($1) q WHERE q.day >= current_date - 7 ORDER BY q.day)
WHERE id = $1
