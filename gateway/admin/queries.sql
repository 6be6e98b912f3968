-- What an operator makes and looks at with the owner's role: accounts, keys, who failed to log in.

-- name: create_account
INSERT INTO kompang.account
    (slug, display_name, timezone, quiet_from, quiet_until, person_daily_cap, person_weekly_cap, country, language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (slug) DO NOTHING
RETURNING id

-- name: is_timezone
-- For most accounts without a look into the files of all zones, some 20 ms.
SELECT $1::text = 'UTC' OR EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)

-- name: create_key
INSERT INTO kompang.api_key (account_id, public_id, secret_hash, scopes, label, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: account_id
SELECT id FROM kompang.account WHERE slug = $1

-- name: revoke_key
UPDATE kompang.api_key SET revoked_at = now() WHERE public_id = $1 AND revoked_at IS NULL

-- name: rotate_key
-- A new key with the account, scopes and label of $1, which stays good for $2 at most.
WITH old AS (
    UPDATE kompang.api_key SET expires_at = least(expires_at, now() + $2::interval)
    WHERE public_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    RETURNING account_id, scopes, label
), new AS (
    INSERT INTO kompang.api_key (account_id, public_id, secret_hash, scopes, label, expires_at)
    SELECT account_id, $3, $4, scopes, label, $5 FROM old
)
SELECT a.slug, old.scopes FROM old JOIN kompang.account a ON a.id = old.account_id

-- name: list_keys
SELECT k.public_id, a.slug AS account, k.label, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
    CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
        ELSE 'active' END AS state
FROM kompang.api_key k JOIN kompang.account a ON a.id = k.account_id
WHERE ($1::text IS NULL OR a.slug = $1)
    AND ($2::boolean OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())))
ORDER BY a.slug, k.created_at, k.id

-- name: failed_logins
-- The newest first, with what has become of the key that was tried last.
SELECT f.peer, f.reason, f.count, f.last_public_id, f.first_at, f.last_at,
    CASE WHEN k.id IS NULL THEN '' WHEN k.revoked_at IS NOT NULL THEN 'revoked'
        WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END AS key_state
FROM kompang.failed_login f LEFT JOIN kompang.api_key k ON k.public_id = f.last_public_id
ORDER BY f.last_at DESC
LIMIT $1
