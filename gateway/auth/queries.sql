-- API keys as every gateway keeps them in memory, and what is recorded of their use.

-- name: read_keys
-- The version of the keys and the database's clock; with all good keys when the version is not $1, else without any.
-- One statement, so that all of it is of one moment. The secret is compared by the caller, in constant time.
SELECT v.version, clock_timestamp() AS now, k.id, k.account_id, k.public_id, k.secret_hash, k.scopes, k.expires_at
FROM kompang.api_key_version v
LEFT JOIN kompang.api_key k
    ON v.version IS DISTINCT FROM $1::uuid
    AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())

-- name: note_uses
-- Keys $1 were used $2 seconds ago; a row is written once a minute, however many gateways note it. Locked in
-- order, so that no two gateways wait for each other.
WITH noted AS (
    SELECT k.id, now() - make_interval(secs => u.ago) AS at
    FROM unnest($1::integer[], $2::double precision[]) AS u (id, ago)
    JOIN kompang.api_key k ON k.id = u.id
    ORDER BY k.id
    FOR NO KEY UPDATE OF k
)
UPDATE kompang.api_key k SET last_used_at = noted.at
FROM noted
WHERE k.id = noted.id AND (k.last_used_at IS NULL OR k.last_used_at <= noted.at - interval '1 minute')

-- name: count_failed_logins
INSERT INTO kompang.failed_login (peer, reason, last_public_id, count)
SELECT peer, reason, public_id, count
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS f (peer, reason, public_id, count)
ORDER BY peer, reason
ON CONFLICT (peer, reason) DO UPDATE
SET count = failed_login.count + excluded.count, last_public_id = excluded.last_public_id, last_at = now()
