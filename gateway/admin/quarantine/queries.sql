-- Replies in quarantine, read and resolved with the owner's role: whose a reply is, is not known for all of them.
-- A reply goes by a short hash of its key, for an operator to type.

-- name: listed
-- What is recognisably a stop word comes first, then the newest. $1: how many.
SELECT left(md5(q.device_id || ':' || q.inbound_id), 10) AS id,
    q.received_at, q.device_id, a.slug AS account, q.sender, q.lid, q.folded,
    q.meaning = 'stop' OR coalesce(q.folded = ANY(a.stop_words), false) AS is_stop,
    CASE WHEN d.id IS NULL THEN 'unknown device' WHEN q.sender = '' AND q.lid <> '' THEN 'unknown identity' WHEN q.sender = '' THEN 'no number' ELSE 'refused' END AS why
FROM kompang.quarantine q
LEFT JOIN kompang.device d ON d.id = q.device_id
LEFT JOIN kompang.account a ON a.id = d.account_id
ORDER BY is_stop DESC, q.received_at DESC, id
LIMIT $1

-- name: shown
-- One of them. $1: its hash.
SELECT left(md5(q.device_id || ':' || q.inbound_id), 10) AS id,
    q.received_at, q.device_id, a.slug AS account, q.sender, q.lid, q.folded,
    q.meaning = 'stop' OR coalesce(q.folded = ANY(a.stop_words), false) AS is_stop,
    CASE WHEN d.id IS NULL THEN 'unknown device' WHEN q.sender = '' AND q.lid <> '' THEN 'unknown identity' WHEN q.sender = '' THEN 'no number' ELSE 'refused' END AS why
FROM kompang.quarantine q
LEFT JOIN kompang.device d ON d.id = q.device_id
LEFT JOIN kompang.account a ON a.id = d.account_id
WHERE left(md5(q.device_id || ':' || q.inbound_id), 10) = $1

-- name: take
-- Takes one out, with the account of its device, if there is such a device.
DELETE FROM kompang.quarantine q
WHERE left(md5(q.device_id || ':' || q.inbound_id), 10) = $1
RETURNING q.sender, q.lid, (SELECT account_id FROM kompang.device d WHERE d.id = q.device_id) AS account_id

-- name: leads
-- The leads with this number, in every account.
SELECT id, account_id FROM kompang.lead WHERE phone = $1 AND erased_at IS NULL ORDER BY account_id, id

-- name: learn
-- The identity that wrote is this lead's: its next reply finds the lead by itself.
SELECT kompang.learn_identities(ARRAY[$1::bigint], ARRAY[$2::text], ARRAY['']) WHERE $2 <> ''

-- name: accounts
-- Where a stop counts whose device nobody knows: everywhere, because too many stops cost a person least.
SELECT id FROM kompang.account ORDER BY id

-- name: suppress
-- The number is no lead's in this account: should it be imported, it is suppressed already.
INSERT INTO kompang.suppression (account_id, phone_hash, reason)
VALUES ($1, $2, 'stop_word')
-- What an import made is confirmed.
ON CONFLICT (account_id, phone_hash) DO UPDATE SET import_id = NULL, doubted_at = NULL
WHERE suppression.import_id IS NOT NULL OR suppression.doubted_at IS NOT NULL

-- name: audit
-- In each account that it concerns: $2 is what was done, $3 the reply.
INSERT INTO kompang.audit (account_id, method, resource) SELECT unnest($1::int[]), $2, $3
