-- Numbers across accounts, read and changed with the owner's role.

-- name: with_phone
-- Every device that has or had this number; who has it first.
SELECT d.id, a.slug AS account, d.linked, d.state, d.state_reason, d.created_at
FROM kompang.device d
JOIN kompang.account a ON a.id = d.account_id
WHERE d.phone = $1
ORDER BY d.linked DESC, d.id

-- name: outdated
-- Versions of clients that the network takes no more, and how many devices are held because of them.
SELECT o.transport, o.version, o.noticed_at, (SELECT count(*) FROM kompang.device d
    WHERE d.transport = o.transport AND d.state = 'held' AND d.state_reason = 'client_outdated')::integer AS held
FROM kompang.outdated_client o ORDER BY o.noticed_at, o.transport, o.version

-- name: forget_outdated
-- Dispatch finds the devices that nothing holds any more, and lets them connect again.
DELETE FROM kompang.outdated_client

-- name: lock_proxies
-- All of them: they are devices, not leads. No hand waits for this.
SELECT id, phone, proxy FROM kompang.device WHERE proxy IS NOT NULL ORDER BY id FOR NO KEY UPDATE

-- name: write_proxies
-- The same in another seal: no session connects anew for it.
UPDATE kompang.device d SET proxy = sealed.proxy
FROM unnest($1::integer[], $2::bytea[]) AS sealed (id, proxy) WHERE d.id = sealed.id

-- name: unlink
-- As UnlinkDevice does, with the audit of its account. $2 is what was done.
WITH unlinked AS (
    UPDATE kompang.device
    SET state = 'parked', state_reason = 'unlinked', ban_reason = '', held_until = NULL, linked = false, updated_at = now()
    WHERE id = $1 AND linked
    RETURNING id, account_id
), noted AS (
    INSERT INTO kompang.event (account_id, type, device_id, state, reason)
    SELECT account_id, 'device_changed', id, 'parked', 'unlinked' FROM unlinked
), audited AS (
    INSERT INTO kompang.audit (account_id, method, resource)
    SELECT account_id, $2, 'devices/' || id FROM unlinked
)
SELECT a.slug FROM unlinked JOIN kompang.account a ON a.id = unlinked.account_id
