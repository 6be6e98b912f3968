-- What the launcher asks of the mesh's database, as its owner.

-- name: leases
-- Which host has which shard, of the leases that are live at this moment.
SELECT l.shard, h.host_id
FROM shard_lease l JOIN host h ON h.incarnation = l.incarnation
WHERE h.expires_at > clock_timestamp();
