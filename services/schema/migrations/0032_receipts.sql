-- What the network tells of a message after it took it: delivered, read.

-- A receipt names its message by the id on the wire alone. That id was a hash, from which nothing leads back. From here
-- on it is the message's own id, permuted under the cluster's: two halves of 36 bits, four rounds (a Feistel network),
-- and the 16 high bits are 0, by which most foreign ids are known (ids after a restore have 48 bits and more). So a
-- receipt leads to its row, and nothing is stored.
-- Messages that exist by now keep their hash: an attempt at one of them may be repeated, under the same id.
-- The lock waits for every statement that draws ids, or hands, and keeps the next one until both are settled.
LOCK TABLE kompang.message IN EXCLUSIVE MODE;
ALTER TABLE kompang.cluster ADD COLUMN hashed_message_id bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN kompang.cluster.hashed_message_id IS 'Messages up to this one have a hash on the wire.';
UPDATE kompang.cluster SET hashed_message_id = (SELECT last_value FROM kompang.message_id_seq WHERE is_called)
WHERE EXISTS (SELECT FROM kompang.message_id_seq WHERE is_called);

CREATE FUNCTION kompang.wire_round(cluster uuid, round integer, half bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('x' || substr(encode(sha256(uuid_send(cluster) || int8send((round::bigint << 36) | half)), 'hex'), 1, 9)
        )::bit(36)::bigint;

-- Shaped like the ids of WhatsApp's own web client, as before.
CREATE FUNCTION kompang.permuted_wire_id(cluster uuid, message bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    high bigint := message >> 36;
    low  bigint := message & 68719476735;
    next bigint;
BEGIN
    FOR round IN 1..4 LOOP
        next := high # kompang.wire_round(cluster, round, low);
        high := low;
        low := next;
    END LOOP;
    RETURN '3EB0' || upper(lpad(to_hex(high), 9, '0') || lpad(to_hex(low), 9, '0'));
END $$;

-- The way back. NULL: no message of this cluster has this id, or it has a hash.
CREATE FUNCTION kompang.wire_message(cluster uuid, wire_id text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    high bigint;
    low  bigint;
    next bigint;
BEGIN
    IF wire_id !~ '^3EB0[0-9A-F]{18}$' THEN
        RETURN NULL;
    END IF;
    high := ('x' || substr(wire_id, 5, 9))::bit(36)::bigint;
    low := ('x' || substr(wire_id, 14, 9))::bit(36)::bigint;
    FOR round IN REVERSE 4..1 LOOP
        next := low # kompang.wire_round(cluster, round, high);
        low := high;
        high := next;
    END LOOP;
    IF high >= 1048576 THEN
        RETURN NULL;
    END IF;
    RETURN high << 36 | low;
END $$;

CREATE OR REPLACE FUNCTION kompang.wire_id(cluster uuid, message bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN message <= (SELECT c.hashed_message_id FROM kompang.cluster c) OR message >= 1::bigint << 56
            THEN '3EB0' || upper(substr(encode(sha256(convert_to(cluster::text || ':' || message::text, 'UTF8')), 'hex'), 1, 18))
        ELSE kompang.permuted_wire_id(cluster, message) END;

-- How many messages of a step of a sequence the network took, delivered, and saw opened: the folded counts and
-- every change since, as `campaign_count` and `campaign_change`. Each includes the next: what was
-- read was delivered. Counted from here on.
CREATE TABLE kompang.step_count (
    step_id   bigint PRIMARY KEY,
    sent      bigint NOT NULL,
    delivered bigint NOT NULL,
    read      bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE kompang.step_change (
    step_id   bigint NOT NULL,
    sent      integer NOT NULL,
    delivered integer NOT NULL,
    read      integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX step_change_of ON kompang.step_change (step_id);

-- Sent, delivered and read of the step at a place of a sequence, of all its revisions.
CREATE FUNCTION kompang.step_counts(sequence integer, place smallint) RETURNS bigint[]
    LANGUAGE sql STABLE AS $$
    SELECT ARRAY[coalesce(sum(n.sent), 0), coalesce(sum(n.delivered), 0), coalesce(sum(n.read), 0)]::bigint[]
    FROM kompang.sequence_step st CROSS JOIN LATERAL (
        SELECT c.sent, c.delivered, c.read FROM kompang.step_count c WHERE c.step_id = st.id
        UNION ALL
        SELECT c.sent, c.delivered, c.read FROM kompang.step_change c WHERE c.step_id = st.id
    ) n
    WHERE st.sequence_id = sequence AND st.position = place $$;

GRANT SELECT ON kompang.step_count, kompang.step_change TO kompang_gateway, kompang_enrollment;
GRANT INSERT ON kompang.step_change TO kompang_gateway, kompang_dispatch;
GRANT INSERT, UPDATE ON kompang.step_count TO kompang_enrollment;
GRANT UPDATE, DELETE ON kompang.step_change TO kompang_enrollment;

-- Of a device's messages that were due within a day and that the network took long enough ago: how many, and how many
-- of them have not arrived. Counted anew each minute; apart from `device_pace`, of which a change delays a hand.
CREATE TABLE kompang.device_delivery (
    device_id    integer PRIMARY KEY REFERENCES kompang.device,
    accepted     integer NOT NULL,
    undelivered  integer NOT NULL,
    -- So many have not arrived that something is wrong with the number: an event was written.
    is_poor      boolean NOT NULL DEFAULT false,
    counted_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
GRANT SELECT ON kompang.device_delivery TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE ON kompang.device_delivery TO kompang_dispatch;
