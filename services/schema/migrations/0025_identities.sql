-- What the network knows people by. A reply may come without a number, from an identity of the network alone (a LID); once
-- both came together, the identity leads to the person. And the network may know somebody by an older form of the number
-- (services/consent/number_forms.py): it is written to under that form.

ALTER TABLE kompang.lead
    ADD COLUMN lid text NOT NULL DEFAULT '' CONSTRAINT lead_lid_digits CHECK (lid ~ '^[0-9]{0,20}$'),
    -- Digits; empty where the network never named another form than `phone`.
    ADD COLUMN network_phone text NOT NULL DEFAULT ''
        CONSTRAINT lead_network_phone_digits CHECK (network_phone ~ '^[0-9]{0,20}$');
-- Not unique: of two leads of one identity the one that it was heard with last keeps it.
CREATE INDEX lead_lid ON kompang.lead (account_id, lid) WHERE lid <> '';
GRANT UPDATE (lid, network_phone) ON kompang.lead TO kompang_dispatch;

-- The identity of whoever wrote without a number that is known.
ALTER TABLE kompang.quarantine
    ADD COLUMN lid text NOT NULL DEFAULT '' CONSTRAINT quarantine_lid_digits CHECK (lid ~ '^[0-9]{0,20}$');

-- As before (0018), and what came from the person's identity.
CREATE OR REPLACE FUNCTION kompang.erase_quarantined() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM kompang.quarantine
    WHERE sender = ltrim(OLD.phone, '+') OR (lid <> '' AND lid = OLD.lid)
        OR position(right(ltrim(OLD.phone, '+'), 8) IN translate(folded, ' -().', '')) > 0;
    RETURN NULL;
END $$;

-- Stop words of people who are no leads, which an overview counts.
CREATE INDEX inbound_unmatched ON kompang.inbound (account_id, received_at) WHERE kind = 'stop' AND lead_id IS NULL;
CREATE INDEX quarantine_stops ON kompang.quarantine (device_id) WHERE meaning = 'stop';
