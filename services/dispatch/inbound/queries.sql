-- What people wrote to devices, and the confirmations of their stop words.

-- name: accounts
-- Whose devices these are: the hash of a number depends on the account, and which words are one's own.
SELECT device.id, device.account_id, account.stop_words || account.start_words AS words
FROM device JOIN account ON account.id = device.account_id WHERE device.id = ANY($1::int[]);

-- name: lock_senders
-- In the order of everybody who locks leads. A lead that enrollment is enrolling is waited for, so that the
-- next statement sees what it wrote. A lead is found by its number, under whatever key its hash is.
SELECT lead.id, lead.device_id, d.id AS heard_by
FROM unnest($1::int[], $2::text[]) AS heard (device_id, sender)
JOIN device d ON d.id = heard.device_id
JOIN lead ON lead.account_id = d.account_id AND lead.phone = '+' || heard.sender
ORDER BY lead.id
FOR NO KEY UPDATE OF lead;

-- name: lock_paces
-- Before messages, and devices in one order, as everywhere: else two statements wait for each other.
SELECT device_id FROM device_pace WHERE device_id = ANY($1::int[]) ORDER BY device_id FOR UPDATE;

-- name: identities
-- The leads that these identities lead to, now or before the network told another one of the lead; and the leads of
-- the numbers that came with them. Of an identity of many leads a few more than a person may have (`writers`).
SELECT heard.place, l.id, ltrim(l.phone, '+') AS phone, bool_or(l.is_current) AS is_current
FROM unnest($1::int[], $2::text[], $3::text[]) WITH ORDINALITY AS heard (device_id, sender, lid, place)
JOIN device d ON d.id = heard.device_id
CROSS JOIN LATERAL (
    (SELECT lead.id, lead.phone, true AS is_current FROM lead
    WHERE lead.account_id = d.account_id AND lead.lid = heard.lid AND lead.lid <> '' AND lead.erased_at IS NULL LIMIT 12)
    UNION ALL
    (SELECT lead.id, lead.phone, false FROM lead
    WHERE lead.account_id = d.account_id AND lead.former_lids @> ARRAY[heard.lid] AND lead.former_lids <> '{}'
        AND lead.erased_at IS NULL LIMIT 12)
    UNION ALL
    SELECT lead.id, lead.phone, false FROM lead WHERE lead.account_id = d.account_id AND lead.phone = '+' || heard.sender
) l
GROUP BY heard.place, l.id, l.phone
ORDER BY heard.place, l.id;

-- name: learn
-- What the network knows these people by.
SELECT learn_identities(array_agg(lead.id ORDER BY heard.place), array_agg(heard.lid ORDER BY heard.place),
    array_agg(coalesce(nullif(heard.known_as, ''), heard.sender) ORDER BY heard.place))
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS heard (device_id, sender, lid, known_as, place)
JOIN device d ON d.id = heard.device_id
JOIN lead ON lead.account_id = d.account_id AND lead.phone = '+' || heard.sender;

-- name: waiting_for
-- What waits for identities that are known now, by devices of the accounts that know them: stop words before others.
SELECT q.device_id, q.inbound_id, q.folded, q.meaning, q.lid
FROM (
    SELECT DISTINCT d.account_id, known.lid FROM unnest($1::int[], $2::text[]) AS known (device_id, lid)
    JOIN device d ON d.id = known.device_id
) known
JOIN quarantine q ON q.lid = known.lid AND q.waits_for_lid
JOIN device heard ON heard.id = q.device_id AND heard.account_id = known.account_id
ORDER BY q.meaning <> 'stop', q.received_at LIMIT 500;

-- name: settle
-- They are recorded.
DELETE FROM quarantine q USING unnest($1::int[], $2::text[]) AS t (device_id, inbound_id)
WHERE q.device_id = t.device_id AND q.inbound_id = t.inbound_id AND q.waits_for_lid;

-- name: record_inbound
-- What people wrote, a row a person, and all that follows from it, at once. Columns: device, the network's id,
-- sender, the text folded, what it means everywhere. A text that is received a second time finds its row and
-- does nothing. STOP suppresses the person, known or not, and ends all that is pending. So does what is perhaps a
-- stop, but its suppression is in doubt until a person of the account decides, or the person writes STOP; nothing
-- confirms it. START takes back the suppression that either made, and nothing else: what has ended stays ended. Any
-- other reply, also a START
-- that had nothing to take back, ends or holds each enrollment by `on_reply` of the sequence that was sent last.
-- A lead that was not suppressed before gets the confirmation of its account, one, through the device that heard
-- the STOP: this statement makes the suppression, or finds that there is one. A START before the confirmation
-- was sent cancels it.
-- $8: whether the person is certain to have written it. If not, START restores nobody and a stop is not confirmed.
-- $6, $7: the hashes by which each sender may be known, the newest first, and whose each is. The suppression of a
-- lead stands under the hash that the lead's row has, for that is where the hand looks; that of anybody else under
-- the newest.
WITH received AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $8::bool[])
        WITH ORDINALITY AS t (device_id, inbound_id, sender, folded, meaning, is_certain, place)
), form AS (
    SELECT * FROM unnest($6::bytea[], $7::int[]) WITH ORDINALITY AS f (phone_hash, place, age)
), lost AS (
    -- Nobody's device: whom it was written to is not known.
    INSERT INTO quarantine (device_id, inbound_id, sender, folded, meaning)
    SELECT device_id, inbound_id, sender, folded, meaning
    FROM received t WHERE NOT EXISTS (SELECT FROM device d WHERE d.id = t.device_id)
    ON CONFLICT DO NOTHING
), classified AS (
    SELECT t.device_id, t.inbound_id, d.account_id, t.sender, t.place, t.is_certain,
        CASE WHEN t.meaning = 'stop' OR (t.meaning = 'start' AND t.is_certain) THEN t.meaning
            WHEN t.folded = ANY(account.stop_words) THEN 'stop'
            WHEN t.meaning = 'perhaps' THEN 'perhaps'
            WHEN t.folded = ANY(account.start_words) AND t.is_certain THEN 'start'
            ELSE 'reply' END AS kind
    FROM received t
    JOIN device d ON d.id = t.device_id
    JOIN account ON account.id = d.account_id
), known AS (
    SELECT classified.*, lead.id AS lead_id, coalesce(lead.phone_hash,
        (SELECT f.phone_hash FROM form f WHERE f.place = classified.place ORDER BY f.age LIMIT 1)) AS phone_hash
    FROM classified
    LEFT JOIN lead ON lead.account_id = classified.account_id AND lead.phone = '+' || classified.sender
), fresh AS (
    INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
    SELECT device_id, inbound_id, account_id, lead_id, kind FROM known
    ORDER BY device_id, inbound_id
    ON CONFLICT DO NOTHING
    RETURNING device_id, inbound_id
), news AS (
    SELECT known.* FROM fresh JOIN known USING (device_id, inbound_id)
), suppressed AS (
    INSERT INTO suppression (account_id, phone_hash, reason, doubted_at)
    SELECT account_id, phone_hash, 'stop_word', CASE kind WHEN 'perhaps' THEN now() END
    FROM news WHERE kind IN ('stop', 'perhaps')
    ORDER BY account_id, phone_hash
    -- A clear stop ends a doubt.
    ON CONFLICT (account_id, phone_hash) DO UPDATE SET doubted_at = NULL, created_at = now()
    WHERE suppression.doubted_at IS NOT NULL AND EXCLUDED.doubted_at IS NULL
    RETURNING account_id, phone_hash, created_at
), confirmed_import AS (
    -- What an import said the person says now, too: taking back the import changes nothing any more.
    UPDATE suppression s SET import_id = NULL FROM news
    WHERE news.kind IN ('stop', 'perhaps') AND s.account_id = news.account_id AND s.phone_hash = news.phone_hash
        AND s.import_id IS NOT NULL
), confirmed AS (
    INSERT INTO message (lead_id, step_id, scheduled_at, account_id, device_id, is_confirmation)
    SELECT n.lead_id, account.stop_confirmation_id, suppressed.created_at, n.account_id, n.device_id, true
    FROM suppressed
    JOIN news n USING (account_id, phone_hash)
    JOIN account ON account.id = n.account_id
    WHERE n.kind = 'stop' AND n.lead_id IS NOT NULL AND n.is_certain AND account.stop_confirmation_id IS NOT NULL
), restored AS (
    DELETE FROM suppression s USING (
        SELECT account_id, lead_id, phone_hash FROM news WHERE kind = 'start'
        UNION
        SELECT n.account_id, n.lead_id, f.phone_hash FROM news n JOIN form f USING (place) WHERE n.kind = 'start'
    ) n
    WHERE s.account_id = n.account_id AND s.phone_hash = n.phone_hash AND s.reason = 'stop_word'
    RETURNING s.account_id, n.lead_id
), affected AS (
    SELECT e.id, e.lead_id, n.kind IN ('stop', 'perhaps') AS is_stop,
        CASE WHEN n.kind IN ('stop', 'perhaps') THEN 'stopped' WHEN speaking.on_reply = 'stop' THEN 'stopped' ELSE 'held' END AS state
    FROM news n
    JOIN enrollment e ON e.lead_id = n.lead_id AND e.state IN ('active', 'held')
    CROSS JOIN LATERAL (
        SELECT s.on_reply FROM sequence s WHERE s.id = coalesce((
            SELECT st.sequence_id FROM message m JOIN sequence_step st ON st.id = m.step_id
            WHERE m.lead_id = e.lead_id AND m.enrollment_id = e.id AND m.attempts > 0
            ORDER BY m.scheduled_at DESC, m.position DESC LIMIT 1), e.sequence_id)
    ) speaking
    WHERE n.kind IN ('stop', 'perhaps') OR speaking.on_reply = 'stop' OR (speaking.on_reply = 'hold' AND e.state = 'active')
), changed AS (
    UPDATE enrollment e
    SET state = a.state, reason = CASE WHEN a.is_stop THEN 'suppressed' ELSE 'replied' END,
        ended_at = CASE WHEN a.state = 'stopped' THEN now() END
    FROM affected a WHERE e.id = a.id
), ended AS (
    UPDATE message m
    SET state = CASE WHEN n.kind IN ('stop', 'perhaps') THEN 'suppressed' ELSE 'cancelled' END::message_state,
        reason = CASE WHEN n.kind IN ('stop', 'perhaps') THEN 'suppressed' WHEN m.is_confirmation THEN 'start_word'
            ELSE 'replied' END
    FROM news n
    WHERE m.lead_id = n.lead_id AND m.state = 'pending'
        AND CASE WHEN m.is_confirmation THEN n.kind = 'start'
            ELSE n.kind IN ('stop', 'perhaps') OR m.enrollment_id IN (SELECT id FROM affected WHERE state = 'stopped') END
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), put_off AS (
    -- The scan passes over it, as over a retry whose time has not come.
    UPDATE message m SET not_before = '9999-01-01', reason = 'replied'
    FROM affected a
    WHERE a.state = 'held' AND m.lead_id = a.lead_id AND m.enrollment_id = a.id AND m.state = 'pending'
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'lead_replied', NULL::bigint, lead_id, device_id, NULL::text, kind FROM news
    -- Also a stop word of somebody who is no lead: a person looks at it, the lead may have another number.
    WHERE lead_id IS NOT NULL OR kind IN ('stop', 'perhaps')
    UNION ALL
    SELECT n.account_id, 'lead_suppressed', NULL, n.lead_id, NULL, NULL, CASE n.kind WHEN 'stop' THEN 'stop_word' ELSE n.kind END
    FROM suppressed JOIN news n USING (account_id, phone_hash) WHERE n.lead_id IS NOT NULL
    UNION ALL
    SELECT n.account_id, 'lead_doubted', NULL, n.lead_id, n.device_id, NULL, n.kind
    FROM suppressed JOIN news n USING (account_id, phone_hash) WHERE n.lead_id IS NOT NULL AND n.kind = 'perhaps'
    UNION ALL
    SELECT DISTINCT account_id, 'lead_restored', NULL::bigint, lead_id, NULL::int, NULL, 'start_word'
    FROM restored WHERE lead_id IS NOT NULL
    UNION ALL
    SELECT account_id, 'message_changed', id, lead_id, device_id, state::text, reason FROM ended
)
-- Also those that are recorded already: what follows the commit (the journal) may not have been done.
SELECT k.kind, k.account_id, k.phone_hash, k.lead_id, k.device_id, k.inbound_id, now() AS at, f.device_id IS NOT NULL AS is_new
FROM known k LEFT JOIN fresh f USING (device_id, inbound_id);

-- name: quarantine
-- Keeps texts that cannot be recorded: of an unknown device, without a number, or refused by the database.
-- Columns: as for `record_inbound`; the identity, whether it waits for a lead to have it, and the words without
-- politeness. The gateway deletes texts that are older than 30 days (gateway/retention).
-- A stop word among them is an event of the device's account.
WITH kept AS (
    INSERT INTO quarantine (device_id, inbound_id, sender, folded, meaning, lid, waits_for_lid)
    SELECT t.device_id, t.inbound_id, t.sender, t.folded,
        -- A word of the account's own is as good as one of everybody's.
        CASE WHEN own.words && ARRAY[t.folded, t.core] THEN 'stop' ELSE t.meaning END, t.lid, t.waits_for_lid
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::text[])
        AS t (device_id, inbound_id, sender, folded, meaning, lid, waits_for_lid, core)
    LEFT JOIN LATERAL (
        SELECT account.stop_words AS words FROM device JOIN account ON account.id = device.account_id
        WHERE device.id = t.device_id
    ) own ON true
    ON CONFLICT DO NOTHING
    RETURNING device_id, meaning
)
INSERT INTO event (account_id, type, device_id, reason)
SELECT d.account_id, 'lead_replied', d.id, 'stop'
FROM kept JOIN device d ON d.id = kept.device_id WHERE kept.meaning = 'stop';

-- name: waiting
-- How many replies wait in quarantine, by meaning; not counted to the end of a flood.
SELECT meaning, count(*) FROM (SELECT meaning FROM quarantine LIMIT 100000) kept GROUP BY meaning;

-- name: suppress
-- Suppresses the sender, and does nothing else, where `record_inbound` fails. Columns: device, the network's id,
-- sender, the folded text, its meaning by the stop words of every account, the newest hash. No lead is locked, and
-- one may be brought to the newest hash meanwhile: so under both.
WITH heard AS (
    SELECT d.account_id, hash.of_sender AS phone_hash, hash.lead_id, t.device_id, t.inbound_id,
        CASE WHEN t.meaning = 'stop' OR t.folded = ANY(account.stop_words) THEN 'stop' ELSE 'perhaps' END AS kind
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
        AS t (device_id, inbound_id, sender, folded, meaning, phone_hash)
    JOIN device d ON d.id = t.device_id
    JOIN account ON account.id = d.account_id
    CROSS JOIN LATERAL (
        SELECT t.phone_hash, NULL::bigint
        UNION
        SELECT lead.phone_hash, lead.id FROM lead WHERE lead.account_id = d.account_id AND lead.phone = '+' || t.sender
    ) hash (of_sender, lead_id)
    WHERE t.meaning IN ('stop', 'perhaps') OR t.folded = ANY(account.stop_words)
), suppressed AS (
    INSERT INTO suppression (account_id, phone_hash, reason, doubted_at)
    -- A clear stop beside a doubt counts.
    SELECT account_id, phone_hash, 'stop_word', CASE WHEN bool_and(kind = 'perhaps') THEN now() END
    FROM heard GROUP BY account_id, phone_hash
    ON CONFLICT (account_id, phone_hash) DO UPDATE
    SET import_id = NULL, doubted_at = CASE WHEN EXCLUDED.doubted_at IS NOT NULL THEN suppression.doubted_at END
    WHERE suppression.import_id IS NOT NULL OR suppression.doubted_at IS NOT NULL
)
SELECT kind, account_id, phone_hash, lead_id, device_id, inbound_id, now() AS at, true AS is_new FROM heard;

-- name: confirmations
-- The confirmations of stop words that are still to go, of some shards, the oldest of each device. Apart from
-- the scan: a confirmation does not queue behind a day's campaign. The stop words of the last hour are few, and
-- each leads to its own confirmation by the key; nothing else may come first in the plan, whatever the
-- statistics say.
WITH said AS MATERIALIZED (
    SELECT lead_id, received_at FROM inbound
    WHERE received_at > now() - interval '1 hour' AND kind = 'stop' AND lead_id IS NOT NULL
)
SELECT DISTINCT ON (m.device_id) m.device_id, m.id AS message_id, m.scheduled_at
FROM said
CROSS JOIN LATERAL (
    SELECT * FROM message
    WHERE message.lead_id = said.lead_id AND message.scheduled_at = said.received_at AND is_confirmation
        AND state = 'pending' AND (not_before IS NULL OR not_before <= now())
    OFFSET 0
) m
WHERE (SELECT shard FROM device WHERE id = m.device_id) = ANY($1::smallint[])
ORDER BY m.device_id, m.scheduled_at;

-- name: late_confirmations
-- Those that nobody asked a hand about in time: their device is parked, or no host runs it. Only those of the
-- last two days are looked for; whatever is older is refused by the hand.
WITH said AS MATERIALIZED (
    SELECT lead_id, received_at FROM inbound
    WHERE received_at > now() - interval '2 days' AND confirmation_ends(received_at) < now()
        AND kind = 'stop' AND lead_id IS NOT NULL
)
SELECT m.id AS message_id, m.device_id, m.scheduled_at
FROM said
CROSS JOIN LATERAL (
    SELECT * FROM message
    WHERE message.lead_id = said.lead_id AND message.scheduled_at = said.received_at AND is_confirmation
        AND state = 'pending'
    OFFSET 0
) m
ORDER BY m.scheduled_at LIMIT 1000;

-- name: expire_confirmations
-- Under the locks of their devices' paces.
WITH ended AS (
    UPDATE message m SET state = 'expired', reason = 'late'
    FROM unnest($1::bigint[], $2::timestamptz[]) AS late (id, scheduled_at)
    WHERE m.id = late.id AND m.scheduled_at = late.scheduled_at AND m.is_confirmation AND m.state = 'pending'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
)
INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM ended;

-- name: doubts
-- How many leads wait for somebody to decide about their suppression; not counted to the end of a flood.
SELECT count(*) FROM (
    SELECT FROM suppression s JOIN lead USING (account_id, phone_hash) WHERE s.doubted_at IS NOT NULL LIMIT 100000
) doubted;
