-- The statements of dispatch. The first, `hand`, is the authority of the whole product: nothing is
-- sent that it did not hand.

-- name: cluster
-- What is fixed for the life of the cluster.
SELECT shard_count, text_key(id) AS text_key FROM cluster;

-- name: hand
-- One batched decision a tick. For each device asked about: lock its pace (the device-wide lock), give
-- a verdict on the candidate message, and do at once what the verdict says. Columns of the array
-- arguments: device, message, its scheduled_at, the stream of the host, the draw in [0, 1) that places
-- the gap between min and max delay, whether the device's transport can repeat. $7: seconds by which
-- a hand may precede the end of the gap (the shard host waits the rest). $8: attempts after which the
-- policy `resend` sends no more.
-- All but the pace is as it was when the statement began, and it may have waited for a pace since. So it
-- does nothing (`late`) on a pace that somebody changed meanwhile, nor when it is half a second old: with
-- the wait at the host (0.3 s) and what a hand is good for there (1.2 s) that keeps the two seconds in
-- which an opt-out takes effect. A hand younger than that may go to a host whose lease has just ended; it
-- is refused there, and found as left over by the scan.
WITH asked AS (
    SELECT * FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::float8[], $6::bool[])
        AS a (device_id, message_id, scheduled_at, stream, draw, repeatable)
), seen AS (
    SELECT a.device_id, a.message_id, a.scheduled_at, a.repeatable, d.shard, l.epoch,
        m.state, m.epoch AS handed_epoch, m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.account_id,
        m.attempts,
        p.in_flight_id, p.in_flight_at,
        lead.phone, lead.display_name, lead.attributes, e.traceparent,
        -- A message that is in flight is left over: the credit proves that this host has not got it.
        p.in_flight_id IS NOT NULL AS is_left_over,
        p.xmin <> read.xmin AS is_changed,
        -- Handed under this very epoch and unknown to the host: it was never received. Under an older
        -- one, or already unknown, or as a repeat, it may have gone.
        m.state = 'unknown' OR (m.state = 'handed' AND (m.epoch IS DISTINCT FROM l.epoch
            OR m.reason IS NOT DISTINCT FROM 'repeat')) AS may_have_gone,
        EXTRACT(EPOCH FROM p.last_sent_at - now()
            -- A campaign may be slower than the device, never faster. (greatest() passes over NULL.)
            + greatest(c.min_delay, d.min_delay)
            + a.draw * (greatest(c.max_delay, d.max_delay) - greatest(c.min_delay, d.min_delay)))::float8 AS pace_s,
        -- What stood still goes on together: a campaign after a pause, devices that no host served for half
        -- a minute. A device that is out of its rhythm, with what was due by then, begins at a place of its
        -- own within its longest gap.
        CASE WHEN p.in_flight_id IS NULL AND a.scheduled_at + coalesce(c.shift, '0 s') <= again.at
                AND coalesce(p.last_sent_at + greatest(c.max_delay, d.max_delay) <= again.at, true)
            THEN EXTRACT(EPOCH FROM again.at + a.draw * greatest(c.max_delay, d.max_delay) - now())::float8
            END AS step_s,
        EXTRACT(EPOCH FROM a.scheduled_at + coalesce(c.shift, '0 s') - now())::float8 AS due_s,
        c.shift > '0 s' AS is_shifted,
        -- What was handed once is finished, however late.
        c.on_late = 'drop' AND m.attempts = 0
            AND greatest(m.scheduled_at, m.not_before) < now() - c.late_after AS is_late,
        -- The answer to a stop word: only while that one holds, and only soon.
        m.is_confirmation,
        m.is_confirmation AND s.phone_hash IS NULL AND lead.erased_at IS NULL AS is_taken_back,
        m.is_confirmation AND confirmation_ends(m.scheduled_at) < now() AS is_stale,
        EXTRACT(EPOCH FROM m.not_before - now())::float8 AS wait_s,
        EXTRACT(EPOCH FROM d.held_until - now())::float8 AS hold_s,
        h.incarnation IS NOT NULL AS is_leased,
        h.expires_at > clock_timestamp() AS is_in_term,
        d.state AS device_state,
        -- Nothing more goes to somebody who was removed, also of a campaign.
        CASE WHEN lead.erased_at IS NULL THEN e.state ELSE 'stopped' END AS enrollment_state,
        c.state AS campaign_state,
        -- The cap of the day: its own, or what the warm-up has come to.
        p.sent_on = (now() AT TIME ZONE account.timezone)::date
            AND p.sent_count >= device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
                coalesce((now() AT TIME ZONE account.timezone)::date - p.first_sent_on, 0)) AS is_capped,
        quiet.ends_at + quiet_spread(m.id, account.quiet_from, account.quiet_until) AS quiet_until,
        CASE WHEN person.free_at > now() THEN person.free_at END AS frequent_until,
        EXTRACT(EPOCH FROM (((now() AT TIME ZONE account.timezone)::date + 1)::timestamp
            AT TIME ZONE account.timezone) - now())::float8 AS day_s,
        -- One message may go to somebody who said stop: the answer to that very word.
        s.phone_hash IS NOT NULL
            AND NOT confirms(m.is_confirmation, m.scheduled_at, s.reason, s.created_at) AS is_suppressed,
        -- What may have been said already is said again in the same words and by the same clock. A
        -- confirmation is said as it stands: without the account's greeting and footer.
        CASE WHEN m.is_confirmation THEN NULL
            WHEN m.handed_at IS NULL THEN account.wording_id ELSE m.wording_id END AS wording_id,
        coalesce(m.handed_at, now()) AS said_at,
        coalesce(nullif(lead.timezone, ''), account.timezone) AS timezone,
        coalesce(nullif(lead.language, ''), account.language) AS language,
        -- NULL: nothing of its chain goes before it. Else when what does may go, or a time long past.
        (SELECT max(coalesce(earlier.not_before, '-infinity')) FROM message earlier
            WHERE earlier.lead_id = m.lead_id AND earlier.enrollment_id = m.enrollment_id
                AND earlier.scheduled_at <= a.scheduled_at AND earlier.position < m.position
                AND earlier.state IN ('pending', 'handed')) AS behind_until,
        -- To be sent again, but a later step went meanwhile: it would arrive out of order. An operator's
        -- `resend` asks the same; this is for a hand that was waiting for it with an older view.
        m.state = 'pending' AND m.attempts > 0 AND EXISTS (SELECT FROM message later
            WHERE later.lead_id = m.lead_id AND later.enrollment_id = m.enrollment_id
                AND later.scheduled_at >= a.scheduled_at AND later.position > m.position
                AND later.attempts > 0) AS is_overtaken
    FROM asked a
    JOIN device d ON d.id = a.device_id
    JOIN account ON account.id = d.account_id
    JOIN device_pace p ON p.device_id = a.device_id
    -- The same row as it was when the statement began: the locked one is the newest.
    JOIN device_pace read ON read.device_id = a.device_id
    JOIN shard_lease l ON l.shard = d.shard
    LEFT JOIN host h ON h.incarnation = l.incarnation AND h.stream = a.stream
    LEFT JOIN message m ON m.id = a.message_id AND m.scheduled_at = a.scheduled_at
        AND m.device_id = a.device_id
    LEFT JOIN enrollment e ON e.id = m.enrollment_id
    LEFT JOIN campaign c ON c.id = m.campaign_id
    LEFT JOIN lead ON lead.id = m.lead_id
    LEFT JOIN suppression s ON s.account_id = d.account_id AND s.phone_hash = lead.phone_hash
    CROSS JOIN LATERAL (SELECT went_on_at(c.running_since, greatest(l.granted_at, h.back_at), p.last_sent_at) AS at) again
    LEFT JOIN LATERAL quiet_hours(now(), coalesce(nullif(lead.timezone, ''), account.timezone),
        account.quiet_from, account.quiet_until) quiet ON true
    LEFT JOIN LATERAL person_free(m.lead_id, m.id,
        account.person_daily_cap, account.person_weekly_cap) person ON true
    -- In one order everywhere, so that two batches cannot wait for each other.
    ORDER BY a.device_id
    FOR UPDATE OF p
), timed AS (
    SELECT *, greatest(pace_s, step_s) AS gap_s FROM seen
), judged AS (
    SELECT timed.*, CASE
        WHEN is_changed OR clock_timestamp() > now() + interval '0.5 s' THEN 'late'
        WHEN NOT is_leased THEN 'lease'
        WHEN NOT is_in_term THEN 'lapsed'
        WHEN is_left_over AND in_flight_id <> message_id THEN 'busy'
        WHEN state IS NULL THEN 'gone'
        WHEN is_left_over AND state NOT IN ('handed', 'unknown') THEN 'settled'
        WHEN NOT is_left_over AND state <> 'pending' THEN 'gone'
        WHEN is_left_over AND may_have_gone
            AND (NOT repeatable OR is_suppressed OR enrollment_state <> 'active' OR campaign_state = 'cancelled'
                OR is_taken_back OR is_stale)
            THEN 'ambiguous'
        WHEN is_overtaken THEN 'overtaken'
        WHEN is_suppressed THEN 'suppressed'
        WHEN enrollment_state NOT IN ('active', 'held') OR campaign_state = 'cancelled' OR is_taken_back
            THEN 'cancelled'
        WHEN is_stale THEN 'expired'
        WHEN enrollment_state = 'held' THEN 'paused'
        WHEN device_state = 'parked' THEN 'parked'
        WHEN device_state = 'held' AND hold_s > 0 THEN 'held'
        WHEN campaign_state <> 'running' THEN 'paused'
        -- Found before its campaign was shifted: the scan finds it again, others need not wait for it.
        WHEN is_shifted AND due_s > 5 THEN 'waiting'
        WHEN due_s > 0 THEN 'early'
        WHEN wait_s > 0 THEN 'waiting'
        WHEN is_late AND NOT is_left_over THEN 'expired'
        -- An earlier step that waits for long is waited for, not asked about again and again: the steps
        -- behind those of a night would fill the device's window.
        WHEN behind_until > now() + interval '1 min' AND NOT is_left_over THEN 'deferred'
        WHEN behind_until IS NOT NULL THEN 'behind'
        WHEN is_capped THEN 'capped'
        -- A repeat is the same send, begun when it was allowed; held back, it would hold back its device.
        -- A confirmation answers the person.
        WHEN quiet_until IS NOT NULL AND NOT (is_left_over AND may_have_gone) AND NOT is_confirmation THEN 'quiet'
        WHEN frequent_until IS NOT NULL AND NOT (is_left_over AND may_have_gone) AND NOT is_confirmation
            THEN 'frequent'
        WHEN gap_s > $7::float8 THEN 'paced'
        ELSE 'hand' END AS verdict
    FROM timed
), handed AS (
    UPDATE message m
    SET state = 'handed', epoch = j.epoch, attempts = j.attempts + 1,
        handed_at = j.said_at, wording_id = j.wording_id, is_settled = m.handed_at IS NOT NULL,
        -- The doubt about an earlier attempt stays with the message, whoever is told of this one.
        reason = CASE WHEN j.is_left_over AND j.may_have_gone THEN 'repeat' END
    FROM judged j
    WHERE j.verdict = 'hand' AND m.id = j.message_id AND m.scheduled_at = j.scheduled_at
        AND m.state = j.state
    RETURNING m.id, m.scheduled_at, m.device_id
), marked AS (
    UPDATE device_pace p SET in_flight_id = handed.id, in_flight_at = handed.scheduled_at
    FROM handed WHERE p.device_id = handed.device_id
), deferred AS (
    -- The message waits, not its device. One that was handed and never received is taken back.
    UPDATE message m
    SET state = 'pending',
        reason = CASE j.verdict WHEN 'quiet' THEN 'quiet_hours' WHEN 'frequent' THEN 'frequency_cap' ELSE 'behind' END,
        not_before = CASE j.verdict WHEN 'quiet' THEN j.quiet_until WHEN 'frequent' THEN j.frequent_until
            ELSE j.behind_until END,
        handed_at = CASE WHEN m.is_settled THEN m.handed_at END
    FROM judged j
    WHERE j.verdict IN ('quiet', 'frequent', 'deferred')
        AND m.id = j.message_id AND m.scheduled_at = j.scheduled_at AND m.state = j.state
), ended AS (
    UPDATE message m
    SET state = becomes.state,
        reason = CASE WHEN m.state = becomes.state THEN m.reason ELSE CASE j.verdict
            WHEN 'suppressed' THEN 'suppressed'
            WHEN 'cancelled' THEN CASE WHEN j.is_taken_back THEN 'start_word' ELSE 'stopped' END
            WHEN 'overtaken' THEN 'overtaken' WHEN 'expired' THEN 'late'
            ELSE CASE becomes.state WHEN 'failed' THEN 'gave_up' ELSE 'host_lost' END END END
    FROM judged j CROSS JOIN LATERAL (SELECT CASE j.verdict
        WHEN 'ambiguous' THEN after_doubt(j.lead_id, j.enrollment_id, j.step_id, j.campaign_id, j.attempts, $8::int)
        WHEN 'overtaken' THEN 'unknown'
        ELSE j.verdict::message_state END AS state) becomes
    WHERE j.verdict IN ('ambiguous', 'suppressed', 'cancelled', 'overtaken', 'expired')
        AND m.id = j.message_id AND m.scheduled_at = j.scheduled_at AND m.state = j.state
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.enrollment_id, m.position, m.state, m.reason,
        j.state AS state_before
), closed AS (
    UPDATE enrollment e SET state = 'finished', ended_at = now()
    FROM ended
    WHERE ended.state = 'failed' AND e.id = ended.enrollment_id AND e.state IN ('active', 'held')
        AND ended.position = e.message_count
), cleared AS (
    UPDATE device_pace p
    SET in_flight_id = NULL, in_flight_at = NULL,
        -- It may have gone as late as the old host's term, which has only just run out.
        last_sent_at = CASE j.verdict WHEN 'ambiguous' THEN now() ELSE p.last_sent_at END
    FROM judged j
    WHERE j.verdict IN ('ambiguous', 'settled', 'suppressed', 'cancelled', 'expired', 'quiet', 'frequent')
        AND p.device_id = j.device_id AND p.in_flight_id = j.message_id
), told AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM ended
    WHERE state NOT IN ('pending', state_before)
)
SELECT j.device_id, j.shard, j.epoch, j.message_id, j.scheduled_at, j.is_left_over AND j.may_have_gone AS is_repeat,
    CASE WHEN j.verdict = 'hand' AND j.message_id NOT IN (SELECT id FROM handed) THEN 'gone'
        ELSE j.verdict END AS verdict,
    j.in_flight_id, j.in_flight_at, j.step_id, j.phone, j.display_name, j.attributes, j.traceparent,
    j.language, j.wording_id,
    floor(EXTRACT(EPOCH FROM (j.said_at AT TIME ZONE j.timezone)::time) / 60)::int AS local_minute,
    j.attempts + 1 AS attempts,
    CASE WHEN j.verdict = 'hand' THEN wire_id(cluster.id, j.message_id) END AS wire_id,
    greatest(0, CASE j.verdict
        WHEN 'paced' THEN j.gap_s - $7::float8
        -- What this statement itself took is part of the gap: left in, each gap would be longer by it.
        WHEN 'hand' THEN j.gap_s - EXTRACT(EPOCH FROM clock_timestamp() - now())::float8
        WHEN 'early' THEN j.due_s
        WHEN 'waiting' THEN j.wait_s
        WHEN 'held' THEN j.hold_s
        WHEN 'capped' THEN j.day_s
        WHEN 'quiet' THEN EXTRACT(EPOCH FROM j.quiet_until - now())
        WHEN 'frequent' THEN EXTRACT(EPOCH FROM j.frequent_until - now())
        WHEN 'deferred' THEN EXTRACT(EPOCH FROM j.behind_until - now())
        ELSE 0 END)::float8 AS wait_s
FROM judged j CROSS JOIN cluster;

-- name: scan
-- The due window of many devices in one statement: from each device's cursor, the first messages that
-- are due within the horizon ($4, seconds). Columns: device, room, whether its host has said that nothing
-- is in flight there. What is in flight all the same is left over, and told: nothing else may ever be due.
SELECT a.device_id, m.id AS message_id, m.scheduled_at,
    EXTRACT(EPOCH FROM m.scheduled_at - clock_timestamp())::float8 AS due_s, m.is_left_over
FROM unnest($1::int[], $2::int[], $3::bool[]) AS a (device_id, room, is_idle)
JOIN device_pace p ON p.device_id = a.device_id
CROSS JOIN LATERAL (
    (SELECT id, scheduled_at, false AS is_left_over FROM message
    WHERE message.device_id = a.device_id
        AND message.scheduled_at >= p.cursor_at
        AND message.scheduled_at <= now() + make_interval(secs => $4::float8)
        AND state = 'pending'
        AND (not_before IS NULL OR not_before <= now())
        -- Few campaigns sleep, with many messages: the list is made once, and looked at for each of them.
        AND (campaign_id IS NULL OR (
            campaign_id <> ALL (ARRAY(SELECT c.id FROM campaign c WHERE c.state IN ('launching', 'paused')))
            AND (campaign_id <> ALL (ARRAY(SELECT c.id FROM campaign c WHERE c.state = 'running' AND c.shift > '0 s'))
                OR (message.scheduled_at <= now() + make_interval(secs => $4::float8)
                        - (SELECT min(c.shift) FROM campaign c WHERE c.state = 'running' AND c.shift > '0 s')
                    AND EXISTS (SELECT FROM campaign c WHERE c.id = message.campaign_id
                        AND message.scheduled_at + c.shift <= now() + make_interval(secs => $4::float8))))))
    ORDER BY scheduled_at, id
    LIMIT a.room)
    UNION ALL
    SELECT p.in_flight_id, p.in_flight_at, true WHERE a.is_idle AND p.in_flight_id IS NOT NULL
) m;

-- name: confirmations
-- The answers to stop words that are still to go, of some shards, the oldest of each device. Apart from the
-- scan: an answer does not queue behind a day's campaign. From the stop words of the last hour, few, each leads
-- to its own answer by the key; nothing else may come first in the plan, whatever the statistics say.
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
SELECT m.id, m.device_id, m.scheduled_at
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

-- name: advance_cursors
-- Moves each device's cursor to its first message that is still open, never nearer than two minutes:
-- rows whose transaction is still open may be scheduled as early as that transaction's start. What is
-- unknown and not in flight, or held by a reply, waits for an operator, who pulls the cursor back: a pace
-- that anybody changed since it was looked at is left for the next time. What is deferred for longer than
-- two minutes is passed too, and remembered; when the first of it may go, the cursor returns to where it
-- begins.
UPDATE device_pace p
SET cursor_at = moved.cursor_at, back_at = moved.back_at, back_to = moved.back_to
FROM (
    SELECT held.device_id, held.xmin AS seen, open.cursor_at,
        least(held.back_at, passed.first_at) AS back_at,
        CASE WHEN passed.first_at IS NULL THEN held.back_to ELSE least(held.back_to, passed.begin_at) END AS back_to
    FROM (
        SELECT device_id, xmin, in_flight_id, cursor_at AS was_at,
            CASE WHEN is_back THEN least(cursor_at, back_to) ELSE cursor_at END AS cursor_at,
            CASE WHEN NOT is_back THEN back_at END AS back_at,
            CASE WHEN NOT is_back THEN back_to END AS back_to
        FROM (
            SELECT pace.*, pace.xmin, coalesce(back_at <= now() + interval '2 min', false) AS is_back
            FROM unnest($1::int[]) AS a (device_id) JOIN device_pace pace ON pace.device_id = a.device_id
        ) pace
    ) held
    CROSS JOIN LATERAL (
        SELECT greatest(held.cursor_at, least(now() - interval '2 min', coalesce(
            (SELECT scheduled_at FROM message
             WHERE message.device_id = held.device_id AND message.scheduled_at >= held.cursor_at
                 AND message.scheduled_at < now()
                 AND (state = 'handed' OR (state = 'unknown' AND id = held.in_flight_id)
                    OR (state = 'pending' AND (not_before IS NULL OR not_before <= now() + interval '2 min')))
             ORDER BY scheduled_at, id LIMIT 1), 'infinity'))) AS cursor_at
    ) open
    CROSS JOIN LATERAL (
        SELECT min(not_before) AS first_at, min(scheduled_at) AS begin_at FROM message
        WHERE message.device_id = held.device_id
            AND message.scheduled_at >= held.cursor_at AND message.scheduled_at < open.cursor_at
            AND state = 'pending'
    ) passed
    WHERE (open.cursor_at, held.back_at) IS DISTINCT FROM (held.was_at, least(held.back_at, passed.first_at))
        OR held.cursor_at < held.was_at
) moved
WHERE p.device_id = moved.device_id AND p.xmin = moved.seen;

-- name: templates
-- What steps say, which never changes.
SELECT id, text, greetings, variation FROM sequence_step WHERE id = ANY($1::bigint[]);

-- name: wordings
-- How accounts speak, or spoke: these never change either.
SELECT id, document FROM wording WHERE id = ANY($1::bigint[]);

-- name: record_outcomes
-- What came of messages, a row a device. Columns: message, scheduled_at, device, epoch of the hand, new
-- state, reason, seconds until a retry, text hash, seconds since the acceptance, whether the network may
-- have counted it as a send, whether it stays in flight (to be repeated), whether its enrollment ends.
-- An outcome counts once, for the hand it belongs to. That a repeat did not go, or was refused, says
-- nothing of the attempt before it: it stays unknown and in flight. Only `sent` is believed whenever it
-- comes, of any message that was ever handed: it is a fact, and what was decided while nobody knew was a
-- guess. $13: attempts after which the policy `resend` sends no more.
WITH told AS (
    SELECT t.* FROM unnest($1::bigint[], $2::timestamptz[], $3::int[], $4::bigint[], $5::text[], $6::text[],
        $7::float8[], $8::bytea[], $9::float8[], $10::bool[], $11::bool[], $12::bool[])
        AS t (message_id, scheduled_at, device_id, epoch, state, reason, retry_s, text_hash, age_s,
            was_sent, stays, stops)
    JOIN device_pace p ON p.device_id = t.device_id
    -- The pace first, and devices in one order, as everywhere: else two statements wait for each other.
    ORDER BY t.device_id
    FOR UPDATE OF p
), recorded AS (
    UPDATE message m
    SET state = CASE
            WHEN t.state IN ('pending', 'failed') AND m.reason = 'repeat' THEN 'unknown'
            WHEN t.state = 'unknown' AND NOT t.stays
                THEN after_doubt(m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.attempts, $13::int)
            ELSE t.state::message_state END,
        reason = CASE
            WHEN t.state IN ('pending', 'failed') AND m.reason = 'repeat' THEN 'no_answer'
            WHEN t.state = 'unknown' AND NOT t.stays
                AND after_doubt(m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.attempts, $13::int) = 'failed'
                THEN 'gave_up'
            ELSE nullif(t.reason, '') END,
        sent_at = CASE WHEN t.state = 'sent' THEN now() - make_interval(secs => t.age_s) ELSE m.sent_at END,
        text_hash = coalesce(t.text_hash, m.text_hash),
        not_before = CASE WHEN t.retry_s > 0 THEN now() + make_interval(secs => t.retry_s) ELSE m.not_before END,
        -- It certainly did not go, nor did it ever before: the next attempt speaks anew.
        handed_at = CASE WHEN t.state = 'pending' AND NOT m.is_settled THEN NULL ELSE m.handed_at END
    FROM told t
    WHERE m.id = t.message_id AND m.scheduled_at = t.scheduled_at
        AND ((m.state = 'handed' AND m.epoch = t.epoch)
            OR (t.state = 'sent' AND m.attempts > 0 AND m.state NOT IN ('sent', 'delivered', 'read')))
    RETURNING m.id, m.scheduled_at, m.account_id, m.device_id, m.lead_id, m.enrollment_id, m.position,
        m.state, m.reason, t.stops AND m.state = 'failed' AS stops,
        -- Told by somebody who did not know that it was a repeat.
        t.stays OR (t.state IN ('pending', 'failed') AND m.state = 'unknown') AS stays
), paced AS (
    UPDATE device_pace p
    -- Only an outcome that counts ends the flight: told late, of a message that is unknown or handed
    -- anew by now, it would leave that message with nobody to look after it.
    SET in_flight_id = CASE WHEN p.in_flight_id = t.message_id AND t.is_over THEN NULL ELSE p.in_flight_id END,
        in_flight_at = CASE WHEN p.in_flight_id = t.message_id AND t.is_over THEN NULL ELSE p.in_flight_at END,
        last_sent_at = CASE WHEN t.was_sent
            THEN greatest(p.last_sent_at, now() - make_interval(secs => t.age_s)) ELSE p.last_sent_at END,
        sent_on = CASE WHEN t.is_new THEN t.today ELSE p.sent_on END,
        first_sent_on = CASE WHEN t.is_new THEN coalesce(p.first_sent_on, t.today) ELSE p.first_sent_on END,
        sent_count = CASE WHEN t.is_new
            THEN CASE WHEN p.sent_on = t.today THEN p.sent_count + 1 ELSE 1 END ELSE p.sent_count END,
        -- A retry must be found again by the scan.
        cursor_at = CASE WHEN t.state IN ('pending', 'unknown') THEN least(p.cursor_at, t.scheduled_at) ELSE p.cursor_at END
    FROM (
        -- IN, not a join: the planner cannot know how many rows a CTE returns, but it hashes this.
        SELECT told.*, (now() AT TIME ZONE account.timezone)::date AS today,
            told.message_id IN (SELECT id FROM recorded WHERE NOT stays) AS is_over,
            told.message_id IN (SELECT id FROM recorded WHERE state = 'sent') AS is_new
        FROM told JOIN device ON device.id = told.device_id JOIN account ON account.id = device.account_id
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
    WHERE state <> 'pending'
)
SELECT id, state::text AS state FROM recorded;

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

-- name: lock_senders
-- In the order of everybody who locks leads. A lead that enrollment is enrolling is waited for, so that the
-- next statement sees what it wrote.
SELECT lead.id, lead.device_id, d.id AS heard_by
FROM unnest($1::int[], $2::text[]) AS told (device_id, sender)
JOIN device d ON d.id = told.device_id
JOIN lead ON lead.account_id = d.account_id AND lead.phone_hash = phone_hash(d.account_id, '+' || told.sender)
ORDER BY lead.id
FOR NO KEY UPDATE OF lead;

-- name: lock_paces
-- Before messages, and devices in one order, as everywhere: else two statements wait for each other.
SELECT device_id FROM device_pace WHERE device_id = ANY($1::int[]) ORDER BY device_id FOR UPDATE;

-- name: record_inbound
-- What people wrote, a row a person, and all that follows from it, at once. Columns: device, the network's id,
-- sender, the text folded, what it means everywhere. A second telling finds the row of the first and
-- does nothing. STOP suppresses the person, known or not, and ends all that is pending. START takes back
-- what a stop word did and nothing else, and only suppression: what has ended stays ended. Any other reply, also a START
-- that had nothing to take back, ends or holds each enrollment by `on_reply` of the sequence that spoke last.
-- A lead that was not suppressed before gets its account's confirmation, one, through the device that heard the
-- STOP: this statement makes the suppression, or finds that somebody has. A START before it went cancels it.
WITH told AS (
    SELECT t.device_id, t.inbound_id, d.account_id, phone_hash(d.account_id, '+' || t.sender) AS phone_hash,
        CASE WHEN t.meant <> 'reply' THEN t.meant
            WHEN t.said = ANY(account.stop_words) THEN 'stop'
            WHEN t.said = ANY(account.start_words) THEN 'start'
            ELSE 'reply' END AS kind
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS t (device_id, inbound_id, sender, said, meant)
    JOIN device d ON d.id = t.device_id
    JOIN account ON account.id = d.account_id
), known AS (
    SELECT told.*, (SELECT min(lead.id) FROM lead
        WHERE lead.account_id = told.account_id AND lead.phone_hash = told.phone_hash) AS lead_id
    FROM told
), fresh AS (
    INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
    SELECT device_id, inbound_id, account_id, lead_id, kind FROM known
    ORDER BY device_id, inbound_id
    ON CONFLICT DO NOTHING
    RETURNING device_id, inbound_id
), news AS (
    SELECT known.* FROM fresh JOIN known USING (device_id, inbound_id)
), suppressed AS (
    INSERT INTO suppression (account_id, phone_hash, reason)
    SELECT account_id, phone_hash, 'stop_word' FROM news WHERE kind = 'stop'
    ORDER BY account_id, phone_hash
    ON CONFLICT DO NOTHING
    RETURNING account_id, phone_hash, created_at
), answers AS (
    INSERT INTO message (lead_id, step_id, scheduled_at, account_id, device_id, is_confirmation)
    SELECT n.lead_id, account.stop_confirmation_id, suppressed.created_at, n.account_id, n.device_id, true
    FROM suppressed
    JOIN news n USING (account_id, phone_hash)
    JOIN account ON account.id = n.account_id
    WHERE n.lead_id IS NOT NULL AND account.stop_confirmation_id IS NOT NULL
), restored AS (
    DELETE FROM suppression s USING news n
    WHERE n.kind = 'start' AND s.account_id = n.account_id AND s.phone_hash = n.phone_hash
        AND s.reason = 'stop_word'
    RETURNING s.account_id, s.phone_hash
), answered AS (
    SELECT e.id, e.lead_id, n.kind = 'stop' AS is_stop,
        CASE WHEN n.kind = 'stop' THEN 'stopped' WHEN speaking.on_reply = 'stop' THEN 'stopped' ELSE 'held' END AS state
    FROM news n
    JOIN enrollment e ON e.lead_id = n.lead_id AND e.state IN ('active', 'held')
    CROSS JOIN LATERAL (
        SELECT s.on_reply FROM sequence s WHERE s.id = coalesce((
            SELECT st.sequence_id FROM message m JOIN sequence_step st ON st.id = m.step_id
            WHERE m.lead_id = e.lead_id AND m.enrollment_id = e.id AND m.attempts > 0
            ORDER BY m.scheduled_at DESC, m.position DESC LIMIT 1), e.sequence_id)
    ) speaking
    WHERE n.kind = 'stop' OR speaking.on_reply = 'stop' OR (speaking.on_reply = 'hold' AND e.state = 'active')
), changed AS (
    UPDATE enrollment e
    SET state = a.state, reason = CASE WHEN a.is_stop THEN 'suppressed' ELSE 'replied' END,
        ended_at = CASE WHEN a.state = 'stopped' THEN now() END
    FROM answered a WHERE e.id = a.id
), ended AS (
    UPDATE message m
    SET state = CASE WHEN n.kind = 'stop' THEN 'suppressed' ELSE 'cancelled' END::message_state,
        reason = CASE WHEN n.kind = 'stop' THEN 'suppressed' WHEN m.is_confirmation THEN 'start_word'
            ELSE 'replied' END
    FROM news n
    WHERE m.lead_id = n.lead_id AND m.state = 'pending'
        AND CASE WHEN m.is_confirmation THEN n.kind = 'start'
            ELSE n.kind = 'stop' OR m.enrollment_id IN (SELECT id FROM answered WHERE state = 'stopped') END
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), put_off AS (
    -- The scan passes over it, as over a retry whose time has not come.
    UPDATE message m SET not_before = '9999-01-01', reason = 'replied'
    FROM answered a
    WHERE a.state = 'held' AND m.lead_id = a.lead_id AND m.enrollment_id = a.id AND m.state = 'pending'
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'lead_replied', NULL::bigint, lead_id, device_id, NULL::text, kind FROM news WHERE lead_id IS NOT NULL
    UNION ALL
    SELECT n.account_id, 'lead_suppressed', NULL, n.lead_id, NULL, NULL, 'stop_word'
    FROM suppressed JOIN news n USING (account_id, phone_hash) WHERE n.lead_id IS NOT NULL
    UNION ALL
    SELECT n.account_id, 'lead_restored', NULL, n.lead_id, NULL, NULL, 'start_word'
    FROM restored JOIN news n USING (account_id, phone_hash) WHERE n.lead_id IS NOT NULL
    UNION ALL
    SELECT account_id, 'message_changed', id, lead_id, device_id, state::text, reason FROM ended
)
SELECT kind, count(*) AS number FROM news GROUP BY kind;

-- name: change_devices
-- Holds and parks. Only under the epoch that is current: what a successor did to the old session
-- (`replaced`) says nothing about the device. Columns: device, epoch, state, reason, hold in seconds,
-- seconds since the last of this reason within which it parks (0: never). Told again while the first still
-- holds, it is the same one.
WITH told AS (
    SELECT t.device_id, t.reason, t.hold_s, CASE
        WHEN d.state_reason = t.reason AND d.updated_at > now() - make_interval(secs => t.again_s)
            AND d.state <> 'held' THEN 'parked'
        ELSE t.state END AS state
    FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::float8[])
        AS t (device_id, epoch, state, reason, hold_s, again_s)
    JOIN device d ON d.id = t.device_id
    JOIN shard_lease l ON l.shard = d.shard AND l.epoch = t.epoch
), changed AS (
    UPDATE device d
    SET state = t.state, state_reason = t.reason, updated_at = now(),
        held_until = CASE WHEN t.state = 'held' THEN now() + make_interval(secs => t.hold_s) END
    FROM told t
    WHERE d.id = t.device_id AND (d.state, d.state_reason) IS DISTINCT FROM (t.state, t.reason)
        AND NOT (d.state = 'parked' AND t.state = 'held')
    RETURNING d.id, d.account_id, d.state, d.state_reason
), noted AS (
    INSERT INTO event (account_id, type, device_id, state, reason)
    SELECT account_id, 'device_changed', id, state, state_reason FROM changed
)
SELECT id FROM changed;

-- name: devices
-- The devices of shards that were granted, with what is left over in flight.
SELECT d.id, d.shard, d.transport, d.phone, d.state, d.state_reason AS reason, d.updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now() - p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id
WHERE d.shard = ANY($1::smallint[]);

-- name: changed_devices
-- The same for devices that are new or changed within $2 seconds; holds that are over end here. That one
-- was `replaced` is kept: the next time counts (`change_devices`).
WITH freed AS (
    UPDATE device
    SET state = 'active', state_reason = CASE state_reason WHEN 'replaced' THEN state_reason ELSE '' END,
        held_until = NULL, updated_at = now()
    WHERE shard = ANY($1::smallint[]) AND state = 'held' AND held_until <= now()
    RETURNING id, account_id, state_reason, updated_at
), noted AS (
    INSERT INTO event (account_id, type, device_id, state) SELECT account_id, 'device_changed', id, 'active' FROM freed
)
SELECT d.id, d.shard, d.transport, d.phone,
    CASE WHEN freed.id IS NULL THEN d.state ELSE 'active' END AS state,
    coalesce(freed.state_reason, d.state_reason) AS reason,
    coalesce(freed.updated_at, d.updated_at) AS updated_at,
    EXTRACT(EPOCH FROM d.min_delay)::float8 AS min_delay_s, EXTRACT(EPOCH FROM d.max_delay)::float8 AS max_delay_s,
    EXTRACT(EPOCH FROM now() - p.last_sent_at)::float8 AS idle_s,
    p.in_flight_id, p.in_flight_at
FROM device d JOIN device_pace p ON p.device_id = d.id LEFT JOIN freed ON freed.id = d.id
WHERE d.shard = ANY($1::smallint[]) AND (d.updated_at > now() - make_interval(secs => $2::float8) OR freed.id IS NOT NULL);

-- name: attach
-- A host's stream begins: from here on only through this stream are its messages handed.
INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)
VALUES ($1::uuid, $2::text, $3::text, $4::bigint, now() + make_interval(secs => $5::float8))
ON CONFLICT (incarnation) DO UPDATE
SET consul_session = EXCLUDED.consul_session, stream = EXCLUDED.stream, expires_at = EXCLUDED.expires_at,
    attached_at = now();

-- name: renew
-- Extends the terms of the hosts whose streams are ours. Columns: incarnation, stream.
UPDATE host h
SET expires_at = now() + make_interval(secs => $3::float8),
    -- Nothing was handed since it ran out: its devices go on, and not in step.
    back_at = CASE WHEN h.expires_at < now() THEN now() ELSE h.back_at END
FROM unnest($1::uuid[], $2::bigint[]) AS a (incarnation, stream)
WHERE h.incarnation = a.incarnation AND h.stream = a.stream
RETURNING h.stream;

-- name: claim
-- The leases of shards, for the incarnation that holds their Consul locks. Granted when the epoch is
-- newer and the holder's term is over, or when it is the holder's own again (a new stream). Not when the
-- lease changed while this waited for its row: terms are read as they were when the statement began.
WITH asked AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS a (shard, epoch)
), granted AS (
    UPDATE shard_lease l SET epoch = a.epoch, incarnation = $3::uuid, granted_at = now()
    FROM asked a JOIN shard_lease read ON read.shard = a.shard
    WHERE l.shard = a.shard AND l.xmin = read.xmin
        AND EXISTS (SELECT FROM host WHERE host.incarnation = $3::uuid AND host.stream = $4::bigint)
        AND ((l.epoch = a.epoch AND (l.incarnation = $3::uuid OR l.incarnation IS NULL))
            OR (l.epoch < a.epoch AND NOT EXISTS (
                SELECT FROM host h WHERE h.incarnation = l.incarnation AND h.incarnation <> $3::uuid
                    AND h.expires_at > clock_timestamp())))
    RETURNING l.shard
)
SELECT a.shard, a.epoch, granted.shard IS NOT NULL AS is_granted, l.epoch > a.epoch AS is_stale,
    greatest(0, EXTRACT(EPOCH FROM h.expires_at - clock_timestamp()))::float8 AS held_s
FROM asked a
JOIN shard_lease l ON l.shard = a.shard
LEFT JOIN granted ON granted.shard = a.shard
LEFT JOIN host h ON h.incarnation = l.incarnation;

-- name: release
-- Leases given back: the next claim need not wait for the term. Those of others are written too, as they
-- are: should an earlier claim of this host still wait for the row, whose stream has ended meanwhile, it
-- finds the row changed and is refused. Granted now, the lease would be nobody's for as long as the host lives.
UPDATE shard_lease l
SET incarnation = CASE WHEN l.epoch = a.epoch AND l.incarnation = $3::uuid THEN NULL ELSE l.incarnation END
FROM unnest($1::smallint[], $2::bigint[]) AS a (shard, epoch)
WHERE l.shard = a.shard;

-- name: dead_hosts
-- Incarnations whose term ran out more than $1 seconds ago. Those that are buried and still here wait for
-- the end of their Consul sessions.
SELECT incarnation, host_id, consul_session, stream = 0 AS is_buried,
    EXTRACT(EPOCH FROM now() - expires_at)::float8 AS dead_s
FROM host
WHERE expires_at < now() - make_interval(secs => $1::float8);

-- name: bury
-- Frees a dead incarnation's leases. What it had in flight may have gone: it becomes unknown, and the
-- next holder of the device resolves it. The row stays, without a stream, until its session has ended.
WITH dead AS (
    UPDATE host SET stream = 0
    WHERE incarnation = ANY($1::uuid[]) AND expires_at < now() AND stream <> 0 RETURNING incarnation
), held AS (
    -- In the order of claims and releases.
    SELECT l.shard, l.incarnation FROM dead JOIN shard_lease l ON l.incarnation = dead.incarnation
    ORDER BY l.shard FOR UPDATE OF l
), freed AS (
    UPDATE shard_lease l SET incarnation = NULL FROM held
    WHERE l.shard = held.shard AND l.incarnation = held.incarnation
    RETURNING l.shard, l.epoch
), flying AS (
    SELECT p.in_flight_id, p.in_flight_at, freed.epoch
    FROM freed
    JOIN device d ON d.shard = freed.shard
    JOIN device_pace p ON p.device_id = d.id
    WHERE p.in_flight_id IS NOT NULL
    ORDER BY p.device_id
    FOR UPDATE OF p
), lost AS (
    UPDATE message m SET state = 'unknown', reason = 'host_lost'
    FROM flying
    WHERE m.id = flying.in_flight_id AND m.scheduled_at = flying.in_flight_at
        AND m.state = 'handed' AND m.epoch = flying.epoch
    RETURNING m.id, m.account_id, m.lead_id, m.device_id, m.state, m.reason
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM lost
)
SELECT (SELECT count(*) FROM freed) AS shards, (SELECT count(*) FROM lost) AS messages;

-- name: forget
-- The dead whose sessions have ended. One that came back meanwhile has a stream again, and stays.
DELETE FROM host WHERE incarnation = ANY($1::uuid[]) AND stream = 0;
