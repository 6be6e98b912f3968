-- The network also tells whom it knows the recipient of a message as. So a stop word that comes by an identity alone
-- finds people who never wrote before.

-- Identities that the person had before the network told another one: what still comes by them may be a stop word.
ALTER TABLE kompang.lead
    ADD COLUMN former_lids text[] NOT NULL DEFAULT '{}' CONSTRAINT lead_former_lids_few CHECK (cardinality(former_lids) <= 4);
CREATE INDEX lead_former_lids ON kompang.lead USING gin (former_lids) WHERE former_lids <> '{}';
GRANT UPDATE (former_lids) ON kompang.lead TO kompang_dispatch;

-- What waits for its identity to become known, of a host that may have heard it: then it is recorded as any reply.
ALTER TABLE kompang.quarantine ADD COLUMN waits_for_lid boolean NOT NULL DEFAULT false;
CREATE INDEX quarantine_lid ON kompang.quarantine (lid) WHERE waits_for_lid;

ALTER TABLE kompang.event
    DROP CONSTRAINT event_type_check,
    ADD CONSTRAINT event_type_check CHECK (type IN ('message_changed', 'device_changed', 'lead_enrolled',
        'lead_suppressed', 'lead_replied', 'lead_restored', 'lead_doubted', 'lead_identified')) NOT VALID;

-- Keeps what the network knows these leads by: the identity, and the number where it has another form than the lead's
-- (both digits; empty: not told). An identity that is also another lead's stays with both, and is told of both: whose
-- it is, is not guessed. Locks leads in the order of everybody who locks leads, so no pace may be locked before.
CREATE FUNCTION kompang.learn_identities(told_leads bigint[], told_lids text[], told_phones text[]) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = kompang, pg_temp
AS $$
WITH told AS (
    SELECT DISTINCT ON (lead_id) lead_id, lid, phone
    FROM unnest(told_leads, told_lids, told_phones) WITH ORDINALITY AS t (lead_id, lid, phone, place)
    ORDER BY lead_id, place DESC
), locked AS (
    SELECT lead.id, lead.lid AS was, coalesce(nullif(told.lid, ''), lead.lid) AS lid,
        CASE told.phone WHEN '' THEN lead.network_phone WHEN ltrim(lead.phone, '+') THEN '' ELSE told.phone END AS phone
    FROM told JOIN lead ON lead.id = told.lead_id AND lead.erased_at IS NULL
    ORDER BY lead.id
    FOR NO KEY UPDATE OF lead
), changed AS (
    UPDATE lead SET lid = locked.lid, network_phone = locked.phone,
        former_lids = CASE WHEN locked.was IN ('', locked.lid) THEN lead.former_lids
            ELSE (locked.was || array_remove(array_remove(lead.former_lids, locked.was), locked.lid))[1:4] END
    FROM locked
    WHERE lead.id = locked.id AND (lead.lid, lead.network_phone) <> (locked.lid, locked.phone)
    RETURNING lead.id, lead.account_id, lead.lid, locked.was
), renamed AS (
    SELECT * FROM changed WHERE lid <> was
), shared AS (
    SELECT renamed.account_id, renamed.id, other.id AS other_id
    FROM renamed CROSS JOIN LATERAL (
        SELECT id FROM lead WHERE lead.account_id = renamed.account_id AND lead.lid = renamed.lid AND lead.lid <> ''
        UNION
        SELECT id FROM lead WHERE lead.account_id = renamed.account_id
            AND lead.former_lids <> '{}' AND lead.former_lids @> ARRAY[renamed.lid]
        UNION
        SELECT same.id FROM renamed same WHERE same.account_id = renamed.account_id AND same.lid = renamed.lid
        LIMIT 12
    ) other
    WHERE other.id <> renamed.id
)
INSERT INTO event (account_id, type, lead_id, reason)
SELECT account_id, 'lead_identified', id, 'changed' FROM renamed WHERE was <> ''
UNION ALL
SELECT account_id, 'lead_identified', id, 'shared' FROM (
    SELECT account_id, id FROM shared UNION SELECT account_id, other_id FROM shared) told_of
$$;

-- As before (0025), and what came from an identity that the person had before.
CREATE OR REPLACE FUNCTION kompang.erase_quarantined() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM kompang.quarantine
    WHERE sender = ltrim(OLD.phone, '+') OR (lid <> '' AND lid = ANY (OLD.lid || OLD.former_lids))
        OR position(right(ltrim(OLD.phone, '+'), 8) IN translate(folded, ' -().', '')) > 0;
    RETURN NULL;
END $$;
