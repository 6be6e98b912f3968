-- What stays of a person: hashes of numbers are keyed, an erasure reaches everything, and what is old is dropped.

-- The hash of a number is an HMAC under a key that this database does not have; services/consent/phone_hash.py
-- makes it, and `kompang admin rehash` brings what there is to it. A dispatch of an earlier version still asks this
-- function: it finds a lead, and the suppression of a lead, by whatever hash the lead has.
CREATE OR REPLACE FUNCTION kompang.phone_hash(account integer, phone text) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN coalesce(
        (SELECT l.phone_hash FROM kompang.lead l WHERE l.account_id = account AND l.phone = phone_hash.phone),
        sha256(convert_to(account || ':' || phone, 'UTF8')));
COMMENT ON COLUMN kompang.lead.phone_hash IS
    'HMAC-SHA256 of account and number and the id of its key; of earlier versions a plain SHA-256';

-- Plain hashes of numbers. An import that goes on takes a second row of a number for a further one.
DELETE FROM kompang.import_seen;

-- These responses hold a person. From now on they are kept without; NULL: it was, and is not kept any more.
UPDATE kompang.request SET response = NULL
WHERE method IN ('kompang.v1.LeadsService/BatchUpsertLeads', 'kompang.v1.LeadsService/SuppressLead',
    'kompang.v1.LeadsService/ResumeLead', 'kompang.v1.MessagesService/ResolveMessage') AND response IS NOT NULL;

-- As before (0014), and what somebody else wrote with the number in it. In another form than digits no number
-- gets here.
CREATE OR REPLACE FUNCTION kompang.erase_quarantined() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM kompang.quarantine
    WHERE sender = ltrim(OLD.phone, '+')
        OR position(right(ltrim(OLD.phone, '+'), 8) IN translate(folded, ' -().', '')) > 0;
    RETURN NULL;
END $$;

GRANT UPDATE (cells) ON kompang.import_error TO kompang_gateway;
GRANT UPDATE (reason) ON kompang.event TO kompang_gateway;
GRANT UPDATE (inbound_id) ON kompang.inbound TO kompang_gateway;
-- A suppression is brought under the hash of a new lead.
GRANT DELETE ON kompang.suppression TO kompang_gateway;

-- Drops, or empties, at most one weekly partition of `message` or `event` that is older than its time; returns what
-- was done, NULL when nothing is left to do. SECURITY DEFINER: the gateway may do this, and nothing else of the kind.
-- A message that is pending, on its way or unknown is never dropped, however old: what is done with in its partition
-- is deleted in bites of `bite` rows instead. A partition is taken off the table first, and looked at again by the
-- next call, when nobody can change it any more: so nothing that was still to be sent can go with it.
-- Whoever waits for the table waits at most 0.2 s: where somebody else holds it (a backup), the next call tries again.
CREATE FUNCTION kompang.drop_old(messages_before timestamptz, events_before timestamptz, bite integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = kompang, pg_temp
    SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    part record;
    has_open boolean;
    deleted integer;
BEGIN
    -- The caps of a person look four weeks back.
    IF messages_before > now() - interval '6 weeks' OR events_before > now() - interval '1 week' THEN
        RAISE EXCEPTION 'messages are kept for six weeks at least, events for one';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('kompang.drop_old')) THEN
        RETURN NULL;
    END IF;
    FOR part IN
        SELECT c.relname AS name, split_part(c.relname, '_', 1) AS base, i.inhrelid IS NOT NULL AS is_attached,
            to_date(split_part(c.relname, '_', 2), 'IYYY"w"IW')::timestamptz AS begins
        FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relnamespace = 'kompang'::regnamespace AND c.relkind = 'r'
            AND c.relname ~ '^(message|event)_[0-9]{4}w[0-9]{2}$'
        ORDER BY 4, 1
    LOOP
        CONTINUE WHEN part.is_attached AND part.begins + interval '7 days'
            > CASE part.base WHEN 'message' THEN messages_before ELSE events_before END;
        has_open := false;
        IF part.base = 'message' THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state IN (''pending'', ''handed'', ''unknown''))',
                part.name) INTO has_open;
        END IF;
        IF has_open AND part.is_attached THEN
            EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$I
                WHERE state NOT IN (''pending'', ''handed'', ''unknown'') LIMIT %2$s))', part.name, bite);
            GET DIAGNOSTICS deleted = ROW_COUNT;
            CONTINUE WHEN deleted = 0;
            RETURN 'emptied ' || part.name;
        END IF;
        BEGIN
            IF has_open THEN
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    part.base, part.name, part.begins, part.begins + interval '7 days');
                RETURN 'kept ' || part.name;
            ELSIF part.is_attached THEN
                EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', part.base, part.name);
                RETURN 'detached ' || part.name;
            END IF;
            EXECUTE format('DROP TABLE %I', part.name);
            RETURN 'dropped ' || part.name;
        EXCEPTION WHEN lock_not_available THEN
            RETURN NULL;
        END;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kompang.drop_old FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kompang.drop_old TO kompang_gateway;
GRANT DELETE ON kompang.audit TO kompang_gateway;
