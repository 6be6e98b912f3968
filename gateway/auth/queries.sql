-- name: find_key
-- Only keys that are good now; the secret is compared by the caller, in constant time.
SELECT id, account_id, secret_hash, scopes
FROM kompang.api_key
WHERE public_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
