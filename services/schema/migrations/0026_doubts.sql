-- A reply that is perhaps a stop suppresses at once, and a person of the account decides whether it was one.

-- Since when this suppression waits for that decision; NULL: nobody doubts it. Only what such a reply alone made
-- can be in doubt, so that to undo it never lifts what a stop word, an operator or an import has said.
ALTER TABLE kompang.suppression
    ADD COLUMN doubted_at timestamptz,
    ADD CONSTRAINT suppression_doubt CHECK (doubted_at IS NULL OR (reason = 'stop_word' AND import_id IS NULL));
CREATE INDEX suppression_doubted ON kompang.suppression (account_id) WHERE doubted_at IS NOT NULL;
GRANT UPDATE (doubted_at) ON kompang.suppression TO kompang_gateway, kompang_dispatch;
-- A clear stop after such a reply is a stop of its own time, which its confirmation answers.
GRANT UPDATE (created_at) ON kompang.suppression TO kompang_dispatch;

ALTER TABLE kompang.inbound
    DROP CONSTRAINT inbound_kind_check,
    ADD CONSTRAINT inbound_kind_check CHECK (kind IN ('reply', 'stop', 'perhaps', 'start')) NOT VALID;
DROP INDEX kompang.inbound_unmatched;
CREATE INDEX inbound_unmatched ON kompang.inbound (account_id, received_at)
    WHERE kind IN ('stop', 'perhaps') AND lead_id IS NULL;

ALTER TABLE kompang.event
    DROP CONSTRAINT event_type_check,
    ADD CONSTRAINT event_type_check CHECK (type IN ('message_changed', 'device_changed', 'lead_enrolled',
        'lead_suppressed', 'lead_replied', 'lead_restored', 'lead_doubted')) NOT VALID;
