-- A database that was restored, or a replica that was promoted, has forgotten what was committed last. Nothing may
-- be sent on what it still believes: docs/reliability.md, "After a restore".

-- Which history of a database this is. A restore to an earlier moment and a promotion begin another timeline; a
-- dump that was read into another server has another system identifier.
CREATE FUNCTION kompang.lineage() RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT system_identifier::text FROM pg_control_system())
        || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);

-- One row for each time that a restore was noticed. Sending is held from then on, until an operator releases it.
CREATE TABLE kompang.restore (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lineage      text NOT NULL,
    -- The last moment that the restored database knows of: what was committed later is lost.
    known_until  timestamptz NOT NULL,
    noticed_at   timestamptz NOT NULL DEFAULT now(),
    -- What may have been sent since is unknown now, up to this device; and the oldest such message.
    devices_to   integer NOT NULL DEFAULT 0,
    oldest_at    timestamptz,
    -- All of it is, the leases are free, and nothing that was forgotten can be mistaken for something new.
    settled_at   timestamptz,
    -- How many stop words each journal gave back, by its name; only of journals that reach back far enough.
    journals     jsonb NOT NULL DEFAULT '{}',
    released_at  timestamptz
);

ALTER TABLE kompang.cluster
    -- The history in which this row was written.
    ADD COLUMN lineage text NOT NULL DEFAULT kompang.lineage(),
    -- Dispatch writes it every two seconds. It only grows: who has seen a later time knows of a restore also where
    -- the history is the same (a snapshot of the disk).
    ADD COLUMN alive_at timestamptz NOT NULL DEFAULT now(),
    -- While it is set nothing is handed.
    ADD COLUMN held_by integer REFERENCES kompang.restore;

ALTER TABLE kompang.lead
    -- Nothing is sent to this lead until somebody resumes it: it may have said stop, or been written to, in the time
    -- that a restore has lost.
    ADD COLUMN withheld_at timestamptz;

ALTER TABLE kompang.campaign
    -- It may have been launched before, in the time that a restore has lost: once written it is paused.
    ADD COLUMN is_doubtful boolean NOT NULL DEFAULT false;

-- Whether the network knows a message by its id, so that a second send of it delivers nothing.
CREATE FUNCTION kompang.can_repeat(transport text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN transport = 'simulated';

-- Moves every sequence beyond all that it can have given out in the time that was lost, so that no id is ever given
-- twice: the id on the wire is a hash of the message's id, and callers, hosts and logs keep ids too. The next
-- number is the time: seconds since 2020, times 2^20 where the column is a bigint. A history that began later
-- begins higher, and stays below the next one as long as it gives out less than 2^20 ids a second (one a second of an
-- integer, of which an operator makes a few: accounts, devices, campaigns). Ids stay below 2^53 until 2290.
CREATE FUNCTION kompang.move_sequences(at timestamptz) RETURNS void
    LANGUAGE plpgsql SET search_path = kompang, pg_temp AS $$
DECLARE
    seconds bigint := floor(extract(epoch FROM at - timestamptz '2020-01-01 00:00:00Z'));
    one record;
BEGIN
    FOR one IN
        SELECT s.seqrelid::regclass AS name, s.seqtypid = 'bigint'::regtype AS is_big, s.seqmax,
            coalesce(pg_sequence_last_value(s.seqrelid), 0) AS last
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        WHERE c.relnamespace = 'kompang'::regnamespace
    LOOP
        PERFORM setval(one.name, least(one.seqmax, greatest(one.last, CASE WHEN one.is_big THEN seconds << 20 ELSE seconds END)));
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION kompang.move_sequences FROM PUBLIC;

-- Asked on every new connection, before anything is written on it. `seen`: the latest `alive_at` that the caller
-- knows. Whoever first finds the database restored holds all sending, for all. `beats`: writes `alive_at`, and so
-- makes it certain that the present has not been forgotten.
CREATE FUNCTION kompang.notice_restore(seen timestamptz, beats boolean)
    RETURNS TABLE (alive_at timestamptz, is_held boolean, is_settled boolean, is_news boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = kompang, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known cluster%ROWTYPE;
    made integer;
BEGIN
    IF pg_is_in_recovery() THEN
        -- It may be promoted, or be recovering: as if it were away.
        RAISE EXCEPTION 'this server is a replica, or recovers' USING ERRCODE = 'cannot_connect_now';
    END IF;
    SELECT * INTO known FROM cluster;
    -- Not founded yet.
    IF NOT FOUND THEN
        RETURN QUERY SELECT now(), false, true, false;
        RETURN;
    END IF;
    is_news := false;
    IF known.lineage <> lineage() OR known.alive_at < seen THEN
        -- Of two that notice at once the second waits here and finds it done.
        SELECT * INTO known FROM cluster FOR UPDATE;
        IF known.lineage <> lineage() OR known.alive_at < seen THEN
            PERFORM move_sequences(clock_timestamp());
            INSERT INTO restore (lineage, known_until) VALUES (lineage(), known.alive_at) RETURNING id INTO made;
            UPDATE cluster SET lineage = lineage(), held_by = made, alive_at = greatest(clock_timestamp(), seen);
            is_news := true;
        END IF;
    ELSIF beats THEN
        UPDATE cluster SET alive_at = greatest(clock_timestamp(), cluster.alive_at);
    END IF;
    RETURN QUERY SELECT c.alive_at, c.held_by IS NOT NULL, c.held_by IS NULL OR r.settled_at IS NOT NULL, is_news
        FROM cluster c LEFT JOIN restore r ON r.id = c.held_by;
END $$;
REVOKE ALL ON FUNCTION kompang.notice_restore FROM PUBLIC;

-- What may have been sent since the last known moment becomes unknown, the devices in pieces; whether all is done.
-- `lock_epoch`: the highest ModifyIndex of Consul's locks. Every lease gets the next one, without a holder: so each host
-- needs a new lock, and no outcome of a forgotten hand counts for a new one. It also brings epochs down to a Consul
-- that was restored itself: no message is with a host under any epoch any more.
CREATE FUNCTION kompang.settle_restore(lock_epoch bigint, piece integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = kompang, pg_temp AS $$
DECLARE
    held restore%ROWTYPE;
    devices integer[];
    first_at timestamptz;
BEGIN
    SELECT r.* INTO held FROM cluster c JOIN restore r ON r.id = c.held_by FOR UPDATE OF r;
    IF NOT FOUND OR held.settled_at IS NOT NULL THEN
        RETURN true;
    END IF;
    SELECT array_agg(device_id) INTO devices FROM (
        SELECT device_id FROM device_pace WHERE device_id > held.devices_to ORDER BY device_id LIMIT piece) next;
    IF devices IS NULL THEN
        UPDATE shard_lease SET epoch = lock_epoch + 1, incarnation = NULL;
        UPDATE campaign SET is_doubtful = true
        WHERE state = 'launching' OR (state = 'scheduled' AND starts_at <= held.noticed_at);
        PERFORM withhold_candidates();
        UPDATE restore SET settled_at = clock_timestamp() WHERE id = held.id;
        RETURN true;
    END IF;
    -- The paces before messages, in the order of everybody.
    PERFORM FROM device_pace WHERE device_id = ANY (devices) ORDER BY device_id FOR UPDATE;
    -- Planned, and its time had come: it may have been handed. What waits for a later time (quiet hours, a retry) was
    -- not; what a reply holds may have been resumed. With a host: its outcome may have been forgotten.
    WITH doubted AS (
        UPDATE message m
        SET state = 'unknown', reason = 'restored',
            -- Where the network knows ids it is sent anew, in its order; elsewhere it counts as sent.
            attempts = CASE WHEN can_repeat(d.transport) THEN m.attempts ELSE greatest(m.attempts, 1) END,
            wording_id = CASE WHEN m.handed_at IS NULL AND NOT can_repeat(d.transport) AND NOT m.is_confirmation
                THEN account.wording_id ELSE m.wording_id END,
            handed_at = CASE WHEN can_repeat(d.transport) THEN m.handed_at ELSE coalesce(m.handed_at, held.noticed_at) END
        FROM device_pace p
        JOIN device d ON d.id = p.device_id
        JOIN account ON account.id = d.account_id
        WHERE p.device_id = ANY (devices) AND m.device_id = p.device_id
            AND m.scheduled_at >= least(p.cursor_at, p.back_to) AND m.scheduled_at <= held.noticed_at
            AND (m.state = 'handed' OR (m.state = 'pending'
                AND (m.not_before IS NULL OR m.not_before <= held.noticed_at OR m.not_before >= '9999-01-01')
                AND NOT EXISTS (SELECT FROM campaign c
                    WHERE c.id = m.campaign_id AND m.scheduled_at + c.shift > held.noticed_at)))
        RETURNING m.id, m.scheduled_at, m.account_id, m.lead_id, m.device_id, m.attempts, can_repeat(d.transport) AS repeats
    ), told AS (
        INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
        SELECT account_id, 'message_changed', id, lead_id, device_id, 'unknown', 'restored' FROM doubted
    ), paced AS (
        -- It may have sent just now, and as many today as are in doubt.
        UPDATE device_pace p
        SET last_sent_at = greatest(p.last_sent_at, held.noticed_at),
            sent_count = p.sent_count + (SELECT count(*) FROM doubted WHERE doubted.device_id = p.device_id AND NOT repeats)
        WHERE p.device_id = ANY (devices)
    )
    SELECT min(scheduled_at) INTO first_at FROM doubted;
    UPDATE restore SET devices_to = devices[cardinality(devices)], oldest_at = least(oldest_at, first_at)
    WHERE id = held.id;
    RETURN false;
END $$;
REVOKE ALL ON FUNCTION kompang.settle_restore FROM PUBLIC;

-- Leads that the next scan would enroll may have been enrolled, and written to, in the time that was lost.
CREATE FUNCTION kompang.withhold_candidates() RETURNS void
    LANGUAGE plpgsql SET search_path = kompang, pg_temp AS $$
DECLARE
    head record;
BEGIN
    FOR head IN SELECT id, account_id, trigger, on_reenter FROM sequence WHERE is_active AND trigger <> '' LOOP
        WITH RECURSIVE related AS (
            SELECT id, next_id FROM sequence WHERE account_id = head.account_id AND id = head.id
            UNION
            SELECT other.id, other.next_id
            FROM related JOIN sequence other ON other.account_id = head.account_id
                AND (other.id = related.next_id OR other.next_id = related.id)
        ), chain AS MATERIALIZED (
            SELECT array_agg(id) AS sequences FROM related
        )
        UPDATE lead SET withheld_at = now()
        FROM chain
        WHERE lead.account_id = head.account_id AND lead.trigger = head.trigger AND lead.withheld_at IS NULL
            AND EXISTS (SELECT FROM may_enroll(lead.id, lead.account_id, lead.phone_hash, lead.consent_at,
                lead.triggered_at, chain.sequences, head.on_reenter));
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION kompang.withhold_candidates FROM PUBLIC;

GRANT EXECUTE ON FUNCTION kompang.notice_restore TO kompang_gateway, kompang_enrollment, kompang_dispatch;
GRANT EXECUTE ON FUNCTION kompang.settle_restore TO kompang_dispatch;
GRANT SELECT ON kompang.restore TO kompang_gateway, kompang_dispatch;
GRANT UPDATE (journals) ON kompang.restore TO kompang_dispatch;
-- A journal gives an operator's words back too.
GRANT UPDATE (reason) ON kompang.suppression TO kompang_dispatch;
GRANT UPDATE (withheld_at) ON kompang.lead TO kompang_gateway;
GRANT UPDATE (paused_at) ON kompang.campaign TO kompang_enrollment;

-- No process waits for another one for longer than this, and none holds up the others: a transaction whose process
-- has stopped is ended by the server. Migrations have longer limits of their own (services/schema/migrate.py).
DO $$
DECLARE
    process text;
BEGIN
    FOREACH process IN ARRAY ARRAY['kompang_gateway', 'kompang_enrollment', 'kompang_dispatch'] LOOP
        BEGIN
            EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', process, '5s');
            EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', process, '10s');
            EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', process, '60s');
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'set lock_timeout, idle_in_transaction_session_timeout and statement_timeout on %', process;
        WHEN internal_error THEN
            NULL; -- another database of this server was migrated at the same moment
        END;
    END LOOP;
END $$;
