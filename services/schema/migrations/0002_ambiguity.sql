-- What becomes of a message when nobody can say whether it went: a policy, or an operator's word.

ALTER TABLE kompang.sequence ADD COLUMN on_unknown text NOT NULL DEFAULT 'hold'
    CHECK (on_unknown IN ('hold', 'resend', 'give_up'));
ALTER TABLE kompang.campaign ADD COLUMN on_unknown text NOT NULL DEFAULT 'hold'
    CHECK (on_unknown IN ('hold', 'resend', 'give_up'));

-- The state of a message whose fate will not be learned any more, by the policy of its campaign, else of
-- the sequence of its step, as it is at this moment. Nothing is sent again that would be refused to a
-- first attempt, nor without an end. It is asked about few messages, by keys only.
CREATE FUNCTION kompang.after_doubt(
    lead bigint, enrollment bigint, step bigint, campaign integer, attempts integer, most_attempts integer
) RETURNS kompang.message_state
    LANGUAGE sql STABLE
    RETURN CASE coalesce(
            (SELECT c.on_unknown FROM kompang.campaign c WHERE c.id = campaign),
            (SELECT s.on_unknown FROM kompang.sequence_step st JOIN kompang.sequence s ON s.id = st.sequence_id
             WHERE st.id = step))
        WHEN 'give_up' THEN 'failed'
        WHEN 'resend' THEN CASE
            WHEN attempts < most_attempts
                AND NOT EXISTS (SELECT FROM kompang.lead l JOIN kompang.suppression s
                    ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash WHERE l.id = lead)
                AND NOT EXISTS (SELECT FROM kompang.enrollment e WHERE e.id = enrollment AND e.state <> 'active')
                AND NOT EXISTS (SELECT FROM kompang.campaign c WHERE c.id = campaign AND c.state = 'cancelled')
            THEN 'pending' ELSE 'unknown' END
        ELSE 'unknown' END::kompang.message_state;

-- Columns of the policy only: dispatch has no business with triggers.
GRANT SELECT (id, on_unknown) ON kompang.sequence TO kompang_dispatch;

-- ResolveMessage ends a flight that nobody will answer, and has a message found again by the due scan.
GRANT UPDATE (in_flight_id, in_flight_at, last_sent_at, cursor_at) ON kompang.device_pace TO kompang_gateway;
