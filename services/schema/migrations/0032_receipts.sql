-- What the network tells of a message after it took it: delivered, read.

-- A receipt names its message by the id on the wire alone. That id was a hash, from which nothing leads back. From here
-- on it is the message's own id, permuted under the cluster's: two halves of 36 bits, four rounds (a Feistel network),
-- and the 16 high bits are 0, by which most foreign ids are known (ids after a restore have 48 bits and more). So a
-- receipt leads to its row, and nothing is stored.
-- Messages that exist by now keep their hash: an attempt at one of them may be repeated, under the same id.
-- Nothing has such an id before the next migration, which alone locks the messages: two tables that are locked one after
-- the other would wait for a hand that waits for them.
ALTER TABLE kompang.cluster ADD COLUMN hashed_message_id bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN kompang.cluster.hashed_message_id IS 'Messages up to this one have a hash on the wire.';

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

-- What the network took, delivered, and saw opened, of each step of a sequence and of each device: the folded counts and
-- every change since, as `campaign_count` and `campaign_change`. Each number includes the next: what was read was
-- delivered. Counted from the next migration on.
CREATE TABLE kompang.delivery_change (
    -- NULL: of a campaign, which has counts of its own.
    step_id   bigint,
    -- NULL: of a message of which no receipt can be told, or of which nobody knows when it was sent.
    device_id integer,
    sent_from timestamptz NOT NULL,
    sent      integer NOT NULL,
    delivered integer NOT NULL,
    read      integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX delivery_change_step ON kompang.delivery_change (step_id) WHERE step_id IS NOT NULL;

CREATE TABLE kompang.step_count (
    step_id   bigint PRIMARY KEY,
    sent      bigint NOT NULL,
    delivered bigint NOT NULL,
    read      bigint NOT NULL
) WITH (fillfactor = 50);

-- Of what a device sent within ten minutes, for two days. So nobody reads messages to know what has not arrived.
CREATE TABLE kompang.device_arrival (
    device_id integer NOT NULL,
    sent_from timestamptz NOT NULL,
    sent      integer NOT NULL,
    delivered integer NOT NULL,
    PRIMARY KEY (device_id, sent_from)
) WITH (fillfactor = 50);

-- Sent, delivered and read of the steps of a sequence by their places, of all its revisions.
CREATE FUNCTION kompang.step_counts(sequence integer)
    RETURNS TABLE (place smallint, sent bigint, delivered bigint, read bigint)
    LANGUAGE sql STABLE AS $$
    SELECT st.position, sum(n.sent)::bigint, sum(n.delivered)::bigint, sum(n.read)::bigint
    FROM kompang.sequence_step st CROSS JOIN LATERAL (
        SELECT c.sent, c.delivered, c.read FROM kompang.step_count c WHERE c.step_id = st.id
        UNION ALL
        SELECT c.sent, c.delivered, c.read FROM kompang.delivery_change c WHERE c.step_id = st.id
    ) n
    WHERE st.sequence_id = sequence GROUP BY st.position $$;

-- A row a change, by the trigger of the next migration: whichever statement of whichever version changes a message.
CREATE FUNCTION kompang.count_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_sent    boolean := OLD.state IN ('sent', 'delivered', 'read');
    had_arrived boolean := OLD.state IN ('delivered', 'read');
    sent_at     timestamptz := CASE WHEN was_sent THEN OLD.sent_at ELSE NEW.sent_at END;
BEGIN
    INSERT INTO kompang.delivery_change (step_id, device_id, sent_from, sent, delivered, read)
    VALUES (
        CASE WHEN NEW.campaign_id IS NULL THEN NEW.step_id END,
        CASE WHEN sent_at IS NOT NULL AND NEW.id > (SELECT c.hashed_message_id FROM kompang.cluster c) THEN NEW.device_id END,
        date_bin('10 min', coalesce(sent_at, NEW.scheduled_at), timestamptz '2020-01-01 00:00+00'),
        (NOT was_sent)::integer,
        (NEW.state <> 'sent' AND NOT had_arrived)::integer,
        (NEW.state = 'read' AND OLD.state <> 'read')::integer);
    RETURN NULL;
END $$;

-- Of a device's messages that the network took within a day and long enough ago: how many, and how many of them have not
-- arrived. Summed each minute; apart from `device_pace`, of which a change delays a hand.
CREATE TABLE kompang.device_delivery (
    -- No reference: that would lock `device`, too.
    device_id     integer PRIMARY KEY,
    accepted      integer NOT NULL,
    undelivered   integer NOT NULL,
    -- So many have not arrived that something is wrong with the number: an event was written.
    is_poor       boolean NOT NULL DEFAULT false,
    -- When it was first seen that something of it arrives; NULL: nothing ever did.
    arrives_since timestamptz,
    counted_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

GRANT SELECT ON kompang.step_count, kompang.delivery_change TO kompang_gateway, kompang_enrollment;
GRANT INSERT ON kompang.delivery_change TO kompang_gateway, kompang_enrollment, kompang_dispatch;
GRANT UPDATE, DELETE ON kompang.delivery_change TO kompang_enrollment;
GRANT INSERT, UPDATE ON kompang.step_count TO kompang_enrollment;
GRANT SELECT, INSERT, UPDATE ON kompang.device_arrival TO kompang_enrollment;
GRANT SELECT, DELETE ON kompang.device_arrival TO kompang_dispatch;
GRANT SELECT ON kompang.device_delivery TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE ON kompang.device_delivery TO kompang_dispatch;
