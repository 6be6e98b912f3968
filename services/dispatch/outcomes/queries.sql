-- The outcomes of messages.

-- name: record_outcomes
-- Records the outcomes of messages, a row a device. Columns: message, scheduled_at, device, epoch of the hand, new
-- state, reason, seconds until a retry, text hash, seconds since the acceptance, whether the network may
-- have counted it as a send, whether it stays in flight (to be repeated or asked about), whether its enrollment ends,
-- whether it is proven that no attempt went, the number of the hand (0: its host does not tell).
-- An outcome counts once, for the hand it belongs to: one that comes late finds another hand's number. That a repeat did
-- not go, or was refused, says nothing of the attempt before it: it stays unknown and in flight. What is proven never to
-- have gone is settled: it is planned again, and will be said anew. Only `sent` is recorded at any time,
-- for every message of the device that was handed under that epoch: `sent` is a fact, and a decision before the
-- answer was a guess. A message that was handed once was handed under the epoch it has; one that was handed
-- again, under that and earlier ones. A message of which a receipt told before this keeps its state; what only the
-- host knows of it (the text's hash, the moment) is written beside. $15: attempts after which the policy `resend` sends no more.
WITH reported AS (
    SELECT t.* FROM unnest($1::bigint[], $2::timestamptz[], $3::int[], $4::bigint[], $5::text[], $6::text[],
        $7::float8[], $8::bytea[], $9::float8[], $10::bool[], $11::bool[], $12::bool[], $13::bool[], $14::int[])
        AS t (message_id, scheduled_at, device_id, epoch, state, reason, retry_s, text_hash, age_s,
            was_sent, stays, stops, never_sent, attempt)
    JOIN device_pace p ON p.device_id = t.device_id
    -- The pace first, and devices in one order, as everywhere: else two statements wait for each other.
    ORDER BY t.device_id
    FOR UPDATE OF p
), recorded AS (
    UPDATE message m
    SET state = CASE
            WHEN m.state IN ('delivered', 'read') THEN m.state
            WHEN t.state IN ('pending', 'failed') AND m.reason = 'repeat' AND NOT t.never_sent THEN 'unknown'
            WHEN t.state = 'unknown' AND NOT t.stays
                THEN after_doubt(m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.attempts, $15::int)
            ELSE t.state::message_state END,
        reason = CASE
            WHEN m.state IN ('delivered', 'read') THEN m.reason
            WHEN t.state IN ('pending', 'failed') AND m.reason = 'repeat' AND NOT t.never_sent THEN 'no_answer'
            WHEN t.state = 'unknown' AND NOT t.stays
                AND after_doubt(m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.attempts, $15::int) = 'failed'
                THEN 'gave_up'
            ELSE t.reason END,
        sent_at = CASE WHEN t.state = 'sent' THEN now() - make_interval(secs => t.age_s) ELSE m.sent_at END,
        text_hash = CASE WHEN t.never_sent AND m.state NOT IN ('delivered', 'read') THEN NULL ELSE coalesce(t.text_hash, m.text_hash) END,
        not_before = CASE WHEN t.retry_s > 0 AND m.state NOT IN ('delivered', 'read') THEN now() + make_interval(secs => t.retry_s) ELSE m.not_before END,
        -- No attempt at this message was ever sent: the next attempt renders its text again.
        handed_at = CASE WHEN t.state = 'pending' AND (t.never_sent OR NOT m.is_settled) AND m.state NOT IN ('delivered', 'read') THEN NULL ELSE m.handed_at END
    FROM reported t
    WHERE m.id = t.message_id AND m.scheduled_at = t.scheduled_at AND m.device_id = t.device_id
        AND ((m.state = 'handed' AND m.epoch = t.epoch AND t.attempt IN (0, m.attempts))
            OR (t.state = 'sent' AND m.attempts > 0 AND m.state NOT IN ('sent', 'delivered', 'read')
                AND (m.epoch = t.epoch OR (m.attempts > 1 AND m.epoch > t.epoch)))
            -- After a restore the database has forgotten under which epoch it was handed, and how often.
            OR (t.state = 'sent' AND m.state = 'unknown' AND m.reason = 'restored')
            -- Of an erased person no text is proven any more.
            OR (m.state IN ('delivered', 'read') AND m.text_hash IS NULL AND t.text_hash IS NOT NULL AND m.epoch = t.epoch
                AND NOT EXISTS (SELECT FROM lead WHERE lead.id = m.lead_id AND lead.erased_at IS NOT NULL)))
    RETURNING m.id, m.scheduled_at, m.account_id, m.device_id, m.lead_id, m.enrollment_id, m.position,
        m.state, m.reason, t.stops AND m.state = 'failed' AS stops,
        -- Or the host, or this replica, did not know that it was a repeat.
        t.stays OR (t.state IN ('pending', 'failed') AND m.state = 'unknown') AS stays
), paced AS (
    UPDATE device_pace p
    -- Only an outcome that counts ends the flight. A late one, of a message that is unknown or handed anew by
    -- now, would leave that message without anybody to settle it.
    SET in_flight_id = CASE WHEN p.in_flight_id = t.message_id AND t.is_over THEN NULL ELSE p.in_flight_id END,
        in_flight_at = CASE WHEN p.in_flight_id = t.message_id AND t.is_over THEN NULL ELSE p.in_flight_at END,
        last_sent_at = CASE WHEN t.was_sent
            THEN greatest(p.last_sent_at, now() - make_interval(secs => t.age_s)) ELSE p.last_sent_at END,
        sent_on = CASE WHEN t.is_new THEN t.today ELSE p.sent_on END,
        first_sent_on = CASE WHEN t.is_new THEN coalesce(p.first_sent_on, t.today) ELSE p.first_sent_on END,
        sent_count = CASE WHEN t.is_new
            THEN CASE WHEN p.sent_on = t.today THEN p.sent_count + 1 ELSE 1 END ELSE p.sent_count END,
        -- It began a chat, or may have: what is over, and neither waits for another attempt nor was refused.
        first_contacts_on = CASE WHEN t.has_begun AND p.in_flight_id = t.message_id AND p.is_first_contact
            THEN t.today ELSE p.first_contacts_on END,
        first_contact_count = CASE WHEN t.has_begun AND p.in_flight_id = t.message_id AND p.is_first_contact
            THEN CASE WHEN p.first_contacts_on = t.today THEN p.first_contact_count + 1 ELSE 1 END
            ELSE p.first_contact_count END,
        -- The scan must find a retry.
        cursor_at = CASE WHEN t.state IN ('pending', 'unknown') THEN least(p.cursor_at, t.scheduled_at) ELSE p.cursor_at END
    FROM (
        -- IN, not a join: the planner cannot know how many rows a CTE returns, but it hashes this.
        SELECT reported.*, (now() AT TIME ZONE account.timezone)::date AS today,
            reported.message_id IN (SELECT id FROM recorded WHERE NOT stays) AS is_over,
            reported.message_id IN (SELECT id FROM recorded WHERE state = 'sent') AS is_new,
            reported.message_id IN (SELECT id FROM recorded
                WHERE NOT stays AND (state IN ('sent', 'delivered', 'read', 'unknown') OR reason = 'gave_up')) AS has_begun
        FROM reported JOIN device ON device.id = reported.device_id JOIN account ON account.id = device.account_id
    ) t
    WHERE p.device_id = t.device_id
), closed AS (
    UPDATE enrollment e
    SET state = CASE WHEN r.stops THEN 'stopped' ELSE 'finished' END,
        reason = CASE WHEN r.stops THEN r.reason ELSE '' END,
        ended_at = now()
    FROM recorded r
    WHERE e.id = r.enrollment_id AND e.state IN ('active', 'held')
        AND (r.stops OR (r.position = e.message_count AND r.state IN ('sent', 'failed')))
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM recorded
    WHERE state NOT IN ('pending', 'delivered', 'read')
)
SELECT id, state::text AS state FROM recorded;

-- name: learn
-- What the network knows the recipients of messages by. A statement of its own, because leads are locked before paces
-- everywhere, and only for outcomes that tell something new. Columns: device, epoch, message, its scheduled_at, identity,
-- number as the network has it, and that number in the form that leads are kept under: another lead's is nobody's.
SELECT learn_identities(array_agg(m.lead_id ORDER BY t.place), array_agg(t.lid ORDER BY t.place),
    array_agg(CASE WHEN lead.phone = '+' || t.number THEN t.known_as ELSE '' END ORDER BY t.place))
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS t (device_id, epoch, message_id, scheduled_at, lid, known_as, number, place)
-- Of a host that may have sent it, as for `record_outcomes`.
JOIN message m ON m.id = t.message_id AND m.scheduled_at = t.scheduled_at AND m.device_id = t.device_id AND m.attempts > 0
    AND (m.epoch = t.epoch OR (m.attempts > 1 AND m.epoch > t.epoch))
JOIN lead ON lead.id = m.lead_id;

-- name: cancel_rest
-- What an ended enrollment had still planned; the hand would refuse it anyway, this says so at once.
WITH failed AS (
    SELECT message.lead_id, message.enrollment_id
    FROM message
    JOIN enrollment e ON e.id = message.enrollment_id AND e.state = 'stopped'
    JOIN device_pace p ON p.device_id = message.device_id
    WHERE message.id = ANY($1::bigint[]) AND message.scheduled_at = ANY($2::timestamptz[])
    ORDER BY p.device_id
    FOR UPDATE OF p
), ended AS (
    UPDATE message m SET state = 'cancelled', reason = 'stopped'
    FROM failed
    WHERE m.lead_id = failed.lead_id AND m.enrollment_id = failed.enrollment_id AND m.state = 'pending'
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
)
INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM ended;

-- name: doubt
-- Outcomes that cannot be read or recorded. What their devices have in flight may have gone: it is unknown,
-- and stays in flight, so that the next hand of the device repeats it or lets it go by its policy. Columns:
-- device, message (NULL: whatever is in flight), the incarnation that reports. Only what was handed to it
-- is in doubt.
WITH flying AS (
    SELECT p.device_id, p.in_flight_id, p.in_flight_at, d.shard, a.incarnation
    FROM unnest($1::int[], $2::bigint[], $3::uuid[]) AS a (device_id, message_id, incarnation)
    JOIN device d ON d.id = a.device_id
    JOIN device_pace p ON p.device_id = a.device_id AND p.in_flight_id = coalesce(a.message_id, p.in_flight_id)
    ORDER BY p.device_id
    FOR UPDATE OF p
), doubted AS (
    UPDATE message m SET state = 'unknown', reason = 'no_answer'
    FROM flying
    WHERE m.id = flying.in_flight_id AND m.scheduled_at = flying.in_flight_at AND m.state = 'handed'
        AND EXISTS (SELECT FROM lease_grant g WHERE g.shard = flying.shard
            AND g.incarnation = flying.incarnation AND g.epoch = m.epoch)
    RETURNING m.id, m.scheduled_at, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), paced AS (
    -- It may have gone just now: the device's gap starts anew.
    UPDATE device_pace p SET last_sent_at = now(), cursor_at = least(p.cursor_at, doubted.scheduled_at)
    FROM doubted WHERE p.device_id = doubted.device_id
)
INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM doubted;
