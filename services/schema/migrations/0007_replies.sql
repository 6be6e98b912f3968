-- What people write back: stop words, and what a reply does to a sequence.

ALTER TABLE kompang.account
    -- Folded (services/consent/words.py), beside those that every account has.
    ADD COLUMN stop_words text[] NOT NULL DEFAULT '{}',
    ADD COLUMN start_words text[] NOT NULL DEFAULT '{}';

-- What a reply does to an enrollment whose last message was of this sequence.
ALTER TABLE kompang.sequence ADD COLUMN on_reply text NOT NULL DEFAULT 'stop'
    CHECK (on_reply IN ('stop', 'hold', 'ignore'));

-- Held: its pending messages wait on a `not_before` in the year 9999, until somebody resumes it.
ALTER TABLE kompang.enrollment
    DROP CONSTRAINT enrollment_state_check,
    ADD CONSTRAINT enrollment_state_check CHECK (state IN ('active', 'held', 'finished', 'stopped')) NOT VALID;

ALTER TABLE kompang.event
    DROP CONSTRAINT event_type_check,
    ADD CONSTRAINT event_type_check CHECK (type IN
        ('message_changed', 'device_changed', 'lead_enrolled', 'lead_suppressed', 'lead_replied', 'lead_restored'))
        NOT VALID;

-- That somebody wrote, and what it meant; never what. The key makes a reply count once, however often it
-- is told. Older ones are forgotten: no network delivers again after a month.
CREATE TABLE kompang.inbound (
    device_id   integer NOT NULL,
    inbound_id  text NOT NULL,
    account_id  integer NOT NULL,
    -- NULL: nobody we know.
    lead_id     bigint,
    kind        text NOT NULL CHECK (kind IN ('reply', 'stop', 'start')),
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, inbound_id)
);
CREATE INDEX inbound_lead ON kompang.inbound (lead_id, received_at);
CREATE INDEX inbound_age ON kompang.inbound (received_at);

-- What suppression knows a person by; `phone` in international notation, with the plus.
CREATE FUNCTION kompang.phone_hash(account integer, phone text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(account || ':' || phone, 'UTF8'));

GRANT SELECT, INSERT ON kompang.inbound TO kompang_dispatch;
GRANT INSERT, DELETE ON kompang.suppression TO kompang_dispatch;
-- FOR NO KEY UPDATE needs a right to update one column.
GRANT UPDATE (updated_at) ON kompang.lead TO kompang_dispatch;
GRANT SELECT (id, on_reply) ON kompang.sequence TO kompang_dispatch;
GRANT SELECT, DELETE ON kompang.inbound TO kompang_gateway;
-- What a person may take back by a word, an operator's own suppression makes final.
GRANT UPDATE (reason) ON kompang.suppression TO kompang_gateway;
-- To let a held enrollment go on.
GRANT UPDATE (not_before) ON kompang.message TO kompang_gateway;
GRANT UPDATE (stop_words, start_words) ON kompang.account TO kompang_gateway;
