-- From here on an id on the wire leads to its message, and what becomes of messages is counted.

-- The lock waits for every statement that draws ids, or hands, and keeps the next one until all of this is settled. No
-- other table is locked after it against readers: a hand holds `cluster` while it waits for messages.
-- Whoever settles a restore has the row of `cluster` first, and messages then.
SELECT FROM kompang.cluster FOR UPDATE;
LOCK TABLE kompang.message IN EXCLUSIVE MODE;
UPDATE kompang.cluster SET hashed_message_id = (SELECT last_value FROM kompang.message_id_seq WHERE is_called)
WHERE EXISTS (SELECT FROM kompang.message_id_seq WHERE is_called);

CREATE OR REPLACE FUNCTION kompang.wire_id(cluster uuid, message bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN message <= (SELECT c.hashed_message_id FROM kompang.cluster c) OR message >= 1::bigint << 56
            THEN '3EB0' || upper(substr(encode(sha256(convert_to(cluster::text || ':' || message::text, 'UTF8')), 'hex'), 1, 18))
        ELSE kompang.permuted_wire_id(cluster, message) END;

CREATE TRIGGER message_delivery_counted AFTER UPDATE OF state ON kompang.message FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NEW.state IN ('sent', 'delivered', 'read'))
    EXECUTE FUNCTION kompang.count_delivery();
