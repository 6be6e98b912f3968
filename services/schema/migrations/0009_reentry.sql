-- A lead may go through a chain again, where its head says so and the trigger was set anew.

ALTER TABLE kompang.sequence ADD COLUMN on_reenter text NOT NULL DEFAULT 'never'
    CHECK (on_reenter IN ('never', 'after_finish', 'restart'));

-- When the trigger last became what it is. NULL: before this was noted, which sets nothing off.
ALTER TABLE kompang.lead ADD COLUMN triggered_at timestamptz;
ALTER TABLE kompang.lead ALTER COLUMN triggered_at SET DEFAULT now();

-- A restart ends the rounds before the new one, with what they had pending; how many messages. SECURITY
-- DEFINER: enrollment may do this to messages, and nothing else. It sees what was committed until it runs.
CREATE FUNCTION kompang.end_rounds_before(enrolled bigint, lead bigint, device integer, sequences integer[])
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = kompang, pg_temp AS $$
DECLARE
    ended bigint[];
    cancelled integer;
BEGIN
    -- The pace before messages, as everywhere: else two statements wait for each other.
    PERFORM FROM device_pace WHERE device_id = device FOR UPDATE;
    WITH stopped AS (
        UPDATE enrollment e SET state = 'stopped', reason = 'restarted', ended_at = now()
        WHERE e.lead_id = lead AND e.id <> enrolled AND e.sequence_id = ANY (sequences)
            AND e.state IN ('active', 'held')
        RETURNING e.id
    )
    SELECT array_agg(id) INTO ended FROM stopped;
    IF ended IS NULL THEN
        RETURN 0;
    END IF;
    WITH dropped AS (
        UPDATE message m SET state = 'cancelled', reason = 'restarted'
        WHERE m.lead_id = lead AND m.enrollment_id = ANY (ended) AND m.state = 'pending'
        RETURNING m.id, m.account_id, m.lead_id, m.device_id
    ), told AS (
        INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
        SELECT account_id, 'message_changed', id, lead_id, device_id, 'cancelled', 'restarted' FROM dropped
    )
    SELECT count(*) INTO cancelled FROM dropped;
    RETURN cancelled;
END $$;
REVOKE ALL ON FUNCTION kompang.end_rounds_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kompang.end_rounds_before TO kompang_enrollment;
