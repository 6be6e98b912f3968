-- Which migrations were applied, and what stands beside them.

-- name: lock
-- One migration at a time in a database; the number is arbitrary and ours ("KMPG"). Held until the session ends.
SELECT pg_advisory_lock(1263358023)

-- name: create_table
-- In a schema of its own: needs no right that the first migration does not need too, unlike `public`.
CREATE SCHEMA IF NOT EXISTS kompang_schema;
CREATE TABLE IF NOT EXISTS kompang_schema.migration (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: applied
SELECT version, checksum FROM kompang_schema.migration

-- name: record
INSERT INTO kompang_schema.migration (version, name, checksum) VALUES ($1, $2, $3)

-- name: shard_count
SELECT shard_count FROM kompang.cluster

-- name: found_cluster
INSERT INTO kompang.cluster (shard_count) VALUES ($1) ON CONFLICT DO NOTHING

-- name: found_leases
-- From the row, not from the caller: the cluster's own count is the one that holds.
INSERT INTO kompang.shard_lease (shard)
SELECT generate_series(0, shard_count - 1) FROM kompang.cluster
ON CONFLICT DO NOTHING

-- name: found_partitions
-- What dispatch and the first enrollments need at once; writers make the later weeks themselves.
SELECT kompang.ensure_partitions(now() - interval '1 week', now() + interval '2 weeks')
