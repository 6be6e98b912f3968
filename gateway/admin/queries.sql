-- name: create_account
INSERT INTO kompang.account
    (slug, display_name, timezone, quiet_from, quiet_until, person_daily_cap, person_weekly_cap, country, language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (slug) DO NOTHING
RETURNING id

-- name: is_timezone
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)

-- name: create_key
INSERT INTO kompang.api_key (account_id, public_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)

-- name: account_id
SELECT id FROM kompang.account WHERE slug = $1

-- name: revoke_key
UPDATE kompang.api_key SET revoked_at = now() WHERE public_id = $1 AND revoked_at IS NULL
