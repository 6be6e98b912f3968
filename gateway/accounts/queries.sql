-- name: get
SELECT a.id, a.slug, a.display_name, a.timezone, a.language, a.version, a.created_at,
    a.stop_words, a.start_words, w.document
FROM kompang.account a
LEFT JOIN kompang.wording w ON w.id = a.wording_id
WHERE a.id = $1

-- name: lock
-- One change of an account at a time.
SELECT true FROM kompang.account WHERE id = $1 FOR NO KEY UPDATE

-- name: add_wording
-- Wordings never change: messages that were written with the one before keep it.
INSERT INTO kompang.wording (account_id, document) VALUES ($1, $2::jsonb) RETURNING id

-- name: change
-- $5: the new wording; NULL keeps the one there is.
UPDATE kompang.account
SET display_name = $2, timezone = $3, language = $4, wording_id = coalesce($5::integer, wording_id),
    stop_words = $6::text[], start_words = $7::text[],
    version = version + 1
WHERE id = $1
