-- The hashes of numbers, brought under the newest key with the owner's role.

-- name: lock_leads
-- The next leads, in the order of everybody who locks leads; those who were erased have no number.
SELECT id, account_id, phone, phone_hash FROM kompang.lead
WHERE id > $1::bigint AND erased_at IS NULL
ORDER BY id LIMIT $2
FOR NO KEY UPDATE

-- name: lead_of
-- The lead that has a number in its canonical form.
SELECT id FROM kompang.lead WHERE account_id = $1 AND phone = $2 FOR NO KEY UPDATE

-- name: move_number
UPDATE kompang.lead SET phone = $2 WHERE id = $1::bigint

-- name: move_consents
-- The permissions that $1 gave go to $2, who is the same person.
WITH given AS (
    INSERT INTO kompang.consent (lead_id, source, wording, granted_at, recorded_at)
    SELECT $2::bigint, source, wording, granted_at, recorded_at FROM kompang.consent WHERE lead_id = $1::bigint
    ON CONFLICT DO NOTHING
)
UPDATE kompang.lead kept SET consent_at = greatest(kept.consent_at, other.consent_at),
    lid = coalesce(nullif(kept.lid, ''), other.lid)
FROM kompang.lead other WHERE kept.id = $2 AND other.id = $1

-- name: move_suppressions
-- From one hash to another; two of one person become one, and an operator's word outweighs a stop word.
WITH moved AS (
    DELETE FROM kompang.suppression s
    USING unnest($1::integer[], $2::bytea[], $3::bytea[]) AS move (account_id, old, new)
    WHERE s.account_id = move.account_id AND s.phone_hash = move.old
    RETURNING s.account_id, move.new, s.reason, s.created_at, s.import_id, s.by_list, s.doubted_at
)
INSERT INTO kompang.suppression (account_id, phone_hash, reason, created_at, import_id, by_list, doubted_at)
SELECT DISTINCT ON (account_id, new) account_id, new, reason, created_at, import_id, by_list, doubted_at
FROM moved ORDER BY account_id, new, reason = 'stop_word', doubted_at IS NOT NULL, created_at
ON CONFLICT (account_id, phone_hash) DO UPDATE
SET reason = EXCLUDED.reason, by_list = EXCLUDED.by_list,
    doubted_at = CASE WHEN EXCLUDED.doubted_at IS NOT NULL THEN suppression.doubted_at END
WHERE suppression.reason = 'stop_word'

-- name: move_leads
UPDATE kompang.lead l SET phone_hash = move.new
FROM unnest($1::bigint[], $2::bytea[]) AS move (id, new)
WHERE l.id = move.id AND l.phone_hash <> move.new

-- name: lock_plain
-- Plain hashes of an earlier version that are no lead's: a lead's goes with the lead.
SELECT s.account_id, s.phone_hash FROM kompang.suppression s
WHERE octet_length(s.phone_hash) < $1
    AND NOT EXISTS (SELECT FROM kompang.lead l WHERE l.account_id = s.account_id AND l.phone_hash = s.phone_hash)
ORDER BY s.account_id, s.phone_hash LIMIT $2
FOR UPDATE OF s SKIP LOCKED

-- name: left
-- Suppressions that are no lead's and not under the newest key ($1); $2: the keys that are accepted.
SELECT count(*) FILTER (WHERE right_id = ANY ($2::bytea[])) AS older,
    count(*) FILTER (WHERE right_id <> ALL ($2::bytea[])) AS unknown
FROM (
    SELECT substr(s.phone_hash, greatest(1, octet_length(s.phone_hash) - 3)) AS right_id
    FROM kompang.suppression s
    WHERE NOT EXISTS (SELECT FROM kompang.lead l WHERE l.account_id = s.account_id AND l.phone_hash = s.phone_hash)
) suppressed
WHERE right_id <> $1
