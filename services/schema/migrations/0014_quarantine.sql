-- What people wrote and nothing could be done about: its device is unknown, its sender is no number, or the
-- database refused the row that should have recorded it. Without this table a stop word could be lost there.
-- Kept is what a stop word is found by: the text folded, at most 64 characters, empty for anything longer
-- (services/consent/words.py); and who wrote it, because the account is not known where the device is not.
CREATE TABLE kompang.quarantine (
    -- As it was received: there may be no such device.
    device_id   bigint NOT NULL,
    inbound_id  text NOT NULL CHECK (length(inbound_id) <= 255),
    received_at timestamptz NOT NULL DEFAULT now(),
    -- Digits; empty where there was no number.
    sender      text NOT NULL CHECK (length(sender) <= 20),
    folded      text NOT NULL CHECK (length(folded) <= 64),
    meaning     text NOT NULL CHECK (meaning IN ('reply', 'stop', 'start')),
    PRIMARY KEY (device_id, inbound_id)
);
CREATE INDEX quarantine_age ON kompang.quarantine (received_at);
CREATE INDEX quarantine_sender ON kompang.quarantine (sender);

GRANT SELECT, INSERT, DELETE ON kompang.quarantine TO kompang_dispatch;
GRANT SELECT, DELETE ON kompang.quarantine TO kompang_gateway;

-- Whoever is erased is erased here too, whichever statement erases.
CREATE FUNCTION kompang.erase_quarantined() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM kompang.quarantine WHERE sender = ltrim(OLD.phone, '+');
    RETURN NULL;
END $$;
CREATE TRIGGER lead_erased AFTER UPDATE OF erased_at ON kompang.lead
    FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
    EXECUTE FUNCTION kompang.erase_quarantined();
