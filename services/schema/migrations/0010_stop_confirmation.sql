-- One message after a stop word says that it was heard, where the account wants it.

-- What it says is a text that never changes, like that of a step, so that a repeat says the same.
ALTER TABLE kompang.sequence_step ADD COLUMN account_id integer REFERENCES kompang.account;
ALTER TABLE kompang.sequence_step DROP CONSTRAINT sequence_step_check;
ALTER TABLE kompang.sequence_step ADD CHECK (num_nonnulls(sequence_id, campaign_id, account_id) = 1);

-- NULL: none is sent.
ALTER TABLE kompang.account ADD COLUMN stop_confirmation_id bigint REFERENCES kompang.sequence_step;

-- It belongs to the suppression that was written in its own statement: `scheduled_at` is that one's `created_at`,
-- and the `received_at` of the stop word.
ALTER TABLE kompang.message ADD COLUMN is_confirmation boolean NOT NULL DEFAULT false;

-- Whether a message is the answer to this very suppression, which was made by a stop word and is no more than
-- that: the one message that may go to somebody who said stop. An operator's word ends it, and so does START,
-- which deletes the suppression. Asked by the hand, which decides, and by the gateway, which explains.
CREATE FUNCTION kompang.confirms(is_confirmation boolean, due timestamptz, reason text, suppressed_at timestamptz)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(is_confirmation AND reason = 'stop_word' AND suppressed_at = due, false);

-- Until when it may go: later it would be no answer any more.
CREATE FUNCTION kompang.confirmation_ends(due timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN due + interval '1 hour';

-- As before (0006), but for confirmations, which are no approach and do not count.
CREATE OR REPLACE FUNCTION kompang.person_free(lead bigint, message bigint, daily_cap integer, weekly_cap integer)
    RETURNS TABLE (free_at timestamptz) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT greatest((array_agg(went.at ORDER BY went.at DESC))[daily_cap] + interval '24 hours',
        (array_agg(went.at ORDER BY went.at DESC))[weekly_cap] + interval '168 hours')
    FROM (
        SELECT coalesce(m.sent_at, m.handed_at) AS at
        FROM kompang.message m
        WHERE daily_cap + weekly_cap > 0 AND m.lead_id = lead AND m.id <> message AND NOT m.is_confirmation
            AND m.scheduled_at > now() - interval '4 weeks' AND m.scheduled_at <= now() + interval '1 min'
            AND (m.state IN ('handed', 'sent', 'delivered', 'read', 'unknown')
                OR (m.state = 'failed' AND m.reason = 'gave_up'))
    ) went
    WHERE went.at > now() - interval '168 hours'
$$;

GRANT INSERT (lead_id, step_id, scheduled_at, account_id, device_id, is_confirmation) ON kompang.message TO kompang_dispatch;
GRANT UPDATE (stop_confirmation_id) ON kompang.account TO kompang_gateway;
