-- Which incarnation of a host was granted which shard, and under which epoch. What a host reports (an outcome, a
-- reply) counts for the shards that it holds or held, so this outlives the lease: a host that has lost its
-- lease a moment ago still reports what it sent. A grant is forgotten when a newer one of its shard is a month old.
CREATE TABLE kompang.lease_grant (
    shard       smallint NOT NULL,
    incarnation uuid NOT NULL,
    epoch       bigint NOT NULL,
    granted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, incarnation, epoch)
);

INSERT INTO kompang.lease_grant (shard, incarnation, epoch)
SELECT shard, incarnation, epoch FROM kompang.shard_lease WHERE incarnation IS NOT NULL;

GRANT SELECT, INSERT, DELETE ON kompang.lease_grant TO kompang_dispatch;
