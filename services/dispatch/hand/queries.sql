-- The hand decides which messages are sent: no message is sent that this statement did not hand.

-- name: hand
-- One batched decision a tick. For each device asked about: lock its pace (the device-wide lock), give
-- a verdict on the candidate message, and do at once what the verdict says. Columns of the array
-- arguments: device, message, its scheduled_at, the stream of the host, the draw in [0, 1) that places
-- the gap between min and max delay, whether the device's transport can repeat, whether it can trace. $8: seconds
-- by which a hand may precede the end of the gap (the shard host waits the rest). $9: attempts after which the
-- policy `resend` sends no more.
-- A message that may have gone, on a transport that can trace, is handed to be asked about (`trace_only`): nothing goes
-- by it, so nothing that keeps a message from being sent keeps it back.
-- The statement reads everything as it was when it began, but for the paces, for whose locks it may wait. So
-- it does nothing (`late`) on a pace that another statement changed meanwhile, nor when it is half a second
-- old: with the wait at the host (0.3 s) and the time for which a host may act on a hand (1.2 s) this keeps
-- the two seconds in which an opt-out takes effect. A younger hand may reach a host whose lease has just
-- ended; that host refuses the message, and the scan finds it as left over.
WITH asked AS (
    SELECT * FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::float8[], $6::bool[], $7::bool[])
        AS a (device_id, message_id, scheduled_at, stream, draw, repeatable, traceable)
), seen AS (
    SELECT a.device_id, a.message_id, a.scheduled_at, a.repeatable, a.traceable, d.shard, l.epoch,
        m.state, m.epoch AS handed_epoch, m.lead_id, m.enrollment_id, m.step_id, m.campaign_id, m.account_id,
        m.attempts,
        p.in_flight_id, p.in_flight_at,
        -- Under the form by which the network knows the person.
        CASE lead.network_phone WHEN '' THEN lead.phone ELSE lead.network_phone END AS phone, lead.lid, lead.display_name, lead.attributes, c.traceparent AS launch_traceparent,
        coalesce(e.traceparent, campaign_traceparent(c.traceparent, c.trace_ratio, m.id)) AS traceparent,
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
        -- Devices that stood still would all begin at one moment: those of a campaign after a pause, or those
        -- that no host served for half a minute. A device that is out of its rhythm by then, with a message
        -- due, begins at a random place within its longest gap.
        CASE WHEN p.in_flight_id IS NULL AND a.scheduled_at + coalesce(c.shift, '0 s') <= resumed.at
                AND coalesce(p.last_sent_at + greatest(c.max_delay, d.max_delay) <= resumed.at, true)
            THEN EXTRACT(EPOCH FROM resumed.at + a.draw * greatest(c.max_delay, d.max_delay) - now())::float8
            END AS step_s,
        EXTRACT(EPOCH FROM a.scheduled_at + coalesce(c.shift, '0 s') - now())::float8 AS due_s,
        c.shift > '0 s' AS is_shifted,
        -- What was handed once is finished, however late.
        c.on_late = 'drop' AND m.attempts = 0
            AND greatest(coalesce((SELECT planned.meant_at FROM campaign_lead planned
                WHERE planned.campaign_id = m.campaign_id AND planned.lead_id = m.lead_id), m.scheduled_at),
                m.not_before) < now() - c.late_after AS is_late,
        -- The confirmation of a stop word: only while that stop word holds, and only soon.
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
        -- After a restore, until somebody resumes the lead. A confirmation answers the person.
        lead.withheld_at IS NOT NULL AND NOT m.is_confirmation AS is_withheld,
        -- The cap of the day: its own, or what the warm-up has come to.
        p.sent_on = (now() AT TIME ZONE account.timezone)::date
            AND p.sent_count >= device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
                coalesce((now() AT TIME ZONE account.timezone)::date - p.first_sent_on, 0)) AS is_capped,
        -- As `begins_chat` says; here in its words, because a call of it takes longer than all the rest.
        NOT m.is_confirmation AND NOT EXISTS (SELECT FROM chat WHERE chat.lead_id = m.lead_id AND chat.device_id = a.device_id)
            AND NOT EXISTS (SELECT FROM inbound i WHERE i.lead_id = m.lead_id AND i.device_id = a.device_id) AS is_first_contact,
        d.first_contacts_held_until AS first_held_until, (now() AT TIME ZONE account.timezone)::date AS today,
        CASE WHEN d.first_contact_cap > 0 AND p.first_contacts_on = (now() AT TIME ZONE account.timezone)::date
            THEN p.first_contact_count >= first_contact_cap(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth,
                coalesce((now() AT TIME ZONE account.timezone)::date - p.first_sent_on, 0)) END AS is_first_capped,
        quiet.ends_at + quiet_spread(m.id, account.quiet_from, account.quiet_until) AS quiet_until,
        CASE WHEN person.free_at > now() THEN person.free_at END AS frequent_until,
        EXTRACT(EPOCH FROM (((now() AT TIME ZONE account.timezone)::date + 1)::timestamp
            AT TIME ZONE account.timezone) - now())::float8 AS day_s,
        -- One message may go to somebody who said stop: the confirmation of that very word.
        s.phone_hash IS NOT NULL
            AND NOT confirms(m.is_confirmation, m.scheduled_at, s.reason, s.created_at) AS is_suppressed,
        -- A message that may have been sent is repeated in the same words and by the same clock. A
        -- confirmation is sent as it stands: without the account's greeting and footer.
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
        -- It is to be sent again, but a later step was sent meanwhile: it would arrive out of order. The
        -- statement of an operator's `resend` checks the same; this is for a hand that waited for that
        -- statement, with an older view.
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
    CROSS JOIN LATERAL (SELECT went_on_at(c.running_since, greatest(l.granted_at, h.back_at), p.last_sent_at) AS at) resumed
    LEFT JOIN LATERAL quiet_hours(now(), coalesce(nullif(lead.timezone, ''), account.timezone),
        account.quiet_from, account.quiet_until, account.quiet_weekdays, account.quiet_days) quiet ON true
    LEFT JOIN LATERAL person_free(m.lead_id, m.id,
        account.person_daily_cap, account.person_weekly_cap) person ON true
    -- In one order everywhere, so that two batches cannot wait for each other.
    ORDER BY a.device_id
    FOR UPDATE OF p
), timed AS (
    SELECT *, greatest(pace_s, step_s) AS gap_s, traceable AND is_left_over AND may_have_gone AS is_trace_only FROM seen
), judged AS (
    SELECT timed.*, CASE
        WHEN is_changed OR clock_timestamp() > now() + interval '0.5 s' THEN 'late'
        WHEN NOT is_leased THEN 'lease'
        WHEN NOT is_in_term THEN 'lapsed'
        -- Asked here, so that no process need have noticed: of a database that has forgotten nothing is handed.
        WHEN (SELECT held_by IS NOT NULL OR lineage <> lineage() FROM cluster) THEN 'restored'
        WHEN is_left_over AND in_flight_id <> message_id THEN 'busy'
        WHEN state IS NULL THEN 'gone'
        WHEN is_left_over AND state NOT IN ('handed', 'unknown') THEN 'settled'
        WHEN NOT is_left_over AND state <> 'pending' THEN 'gone'
        WHEN is_trace_only THEN 'hand'
        WHEN is_left_over AND may_have_gone
            AND (NOT repeatable OR is_suppressed OR enrollment_state <> 'active' OR campaign_state = 'cancelled'
                OR is_taken_back OR is_stale OR is_withheld)
            THEN 'ambiguous'
        WHEN is_overtaken THEN 'overtaken'
        WHEN is_suppressed THEN 'suppressed'
        WHEN enrollment_state NOT IN ('active', 'held') OR campaign_state = 'cancelled' OR is_taken_back
            THEN 'cancelled'
        WHEN is_stale THEN 'expired'
        WHEN is_withheld THEN 'withheld'
        WHEN enrollment_state = 'held' THEN 'paused'
        WHEN device_state = 'parked' THEN 'parked'
        WHEN device_state = 'held' AND hold_s > 0 THEN 'held'
        WHEN campaign_state <> 'running' THEN 'paused'
        -- It was found before its campaign was shifted: the scan finds it later, and others need not wait.
        WHEN is_shifted AND due_s > 5 THEN 'waiting'
        WHEN due_s > 0 THEN 'early'
        WHEN wait_s > 0 THEN 'waiting'
        WHEN is_late AND NOT is_left_over THEN 'expired'
        -- A message behind a step that waits for long waits as long, and is not asked about each second: the
        -- later steps of a night's messages would fill the device's window.
        WHEN behind_until > now() + interval '1 min' AND NOT is_left_over THEN 'deferred'
        WHEN behind_until IS NOT NULL THEN 'behind'
        -- A repeat is the same send. A message that begins a chat waits, and its device goes on in the chats it has.
        WHEN is_first_contact AND NOT (is_left_over AND may_have_gone)
            AND (first_held_until > now() OR is_first_capped) THEN 'new_chat'
        WHEN is_capped THEN 'capped'
        -- A repeat is the same send, begun when it was allowed; held back, it would hold back its device.
        -- A confirmation answers the person.
        WHEN quiet_until IS NOT NULL AND NOT (is_left_over AND may_have_gone) AND NOT is_confirmation THEN 'quiet'
        WHEN frequent_until IS NOT NULL AND NOT (is_left_over AND may_have_gone) AND NOT is_confirmation
            THEN 'frequent'
        WHEN gap_s > $8::float8 THEN 'paced'
        ELSE 'hand' END AS verdict
    FROM timed
), handed AS (
    UPDATE message m
    SET state = 'handed', epoch = j.epoch, attempts = j.attempts + 1,
        handed_at = j.said_at, wording_id = j.wording_id, is_settled = m.handed_at IS NOT NULL,
        -- The doubt about an earlier attempt stays with the message, whatever comes of this one.
        reason = CASE WHEN j.is_left_over AND j.may_have_gone THEN 'repeat' END
    FROM judged j
    WHERE j.verdict = 'hand' AND m.id = j.message_id AND m.scheduled_at = j.scheduled_at
        AND m.state = j.state
    RETURNING m.id, m.scheduled_at, m.device_id, j.is_first_contact
), marked AS (
    UPDATE device_pace p SET in_flight_id = handed.id, in_flight_at = handed.scheduled_at,
        is_first_contact = handed.is_first_contact
    FROM handed WHERE p.device_id = handed.device_id
), deferred AS (
    -- The message waits, not its device. One that was handed and never received is taken back.
    UPDATE message m
    SET state = 'pending',
        reason = CASE j.verdict WHEN 'quiet' THEN 'quiet_hours' WHEN 'frequent' THEN 'frequency_cap'
            WHEN 'new_chat' THEN 'first_contact' WHEN 'withheld' THEN 'restored' ELSE 'behind' END,
        not_before = CASE j.verdict WHEN 'quiet' THEN j.quiet_until WHEN 'frequent' THEN j.frequent_until
            -- `defer_first_contacts` gives it a place.
            WHEN 'new_chat' THEN m.not_before
            WHEN 'withheld' THEN '9999-01-01' ELSE j.behind_until END,
        handed_at = CASE WHEN m.is_settled THEN m.handed_at END
    FROM judged j
    WHERE j.verdict IN ('quiet', 'frequent', 'new_chat', 'deferred', 'withheld')
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
        WHEN 'ambiguous' THEN after_doubt(j.lead_id, j.enrollment_id, j.step_id, j.campaign_id, j.attempts, $9::int)
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
        last_sent_at = CASE j.verdict WHEN 'ambiguous' THEN now() ELSE p.last_sent_at END,
        -- It may have begun a chat.
        first_contacts_on = CASE WHEN j.verdict = 'ambiguous' AND p.is_first_contact THEN j.today ELSE p.first_contacts_on END,
        first_contact_count = CASE WHEN j.verdict = 'ambiguous' AND p.is_first_contact
            THEN CASE WHEN p.first_contacts_on = j.today THEN p.first_contact_count + 1 ELSE 1 END ELSE p.first_contact_count END
    FROM judged j
    WHERE p.device_id = j.device_id AND p.in_flight_id = j.message_id
        AND j.verdict IN ('ambiguous', 'settled', 'suppressed', 'cancelled', 'expired', 'quiet', 'frequent', 'new_chat', 'withheld')
), noted AS (
    INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)
    SELECT account_id, 'message_changed', id, lead_id, device_id, state, reason FROM ended
    WHERE state NOT IN ('pending', state_before)
)
SELECT j.device_id, j.shard, j.epoch, j.message_id, j.scheduled_at, j.is_left_over AND j.may_have_gone AS is_repeat,
    coalesce(j.is_trace_only, false) AS is_trace_only,
    CASE WHEN j.verdict = 'hand' AND j.message_id NOT IN (SELECT id FROM handed) THEN 'gone'
        ELSE j.verdict END AS verdict,
    j.in_flight_id, j.in_flight_at, j.step_id, j.phone, j.lid, j.display_name, j.attributes, j.traceparent, j.launch_traceparent,
    j.language, j.wording_id,
    floor(EXTRACT(EPOCH FROM (j.said_at AT TIME ZONE j.timezone)::time) / 60)::int AS local_minute,
    j.attempts + 1 AS attempts, coalesce(j.is_first_contact, false) AS is_first_contact,
    CASE WHEN j.verdict = 'hand' THEN wire_id(cluster.id, j.message_id) END AS wire_id,
    greatest(0, CASE j.verdict
        WHEN 'paced' THEN j.gap_s - $8::float8
        -- What this statement itself took is part of the gap: left in, each gap would be longer by it. A question waits
        -- for no gap.
        WHEN 'hand' THEN CASE WHEN NOT j.is_trace_only THEN j.gap_s - EXTRACT(EPOCH FROM clock_timestamp() - now())::float8 END
        WHEN 'early' THEN j.due_s
        WHEN 'waiting' THEN j.wait_s
        WHEN 'held' THEN j.hold_s
        WHEN 'capped' THEN j.day_s
        WHEN 'quiet' THEN EXTRACT(EPOCH FROM j.quiet_until - now())
        WHEN 'frequent' THEN EXTRACT(EPOCH FROM j.frequent_until - now())
        WHEN 'deferred' THEN EXTRACT(EPOCH FROM j.behind_until - now())
        ELSE 0 END)::float8 AS wait_s
FROM judged j CROSS JOIN cluster;

-- name: defer_first_contacts
-- Devices that may begin no chat now ($1, each with a message that the hand refused for that: $2, its scheduled_at: $3): what
-- else of theirs would begin one is not asked about one by one, because a long queue of it would delay the chats that
-- exist. Of the first $4 messages of each that are due within an hour, those that would begin a chat get places: one behind
-- the other, as many a day as the cap of that day allows, for a week; then the places begin again, because what had one may
-- have ended. Without a cap all may go when the network's hold ends. Returns how many a device.
WITH stopped AS (
    SELECT p.device_id, a.message_id, a.scheduled_at, p.cursor_at, turn.at,
        first_contact_places(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth, p.first_sent_on,
            account.timezone, turn.at, $4::int + 2) AS places
    FROM unnest($1::int[], $2::bigint[], $3::timestamptz[]) AS a (device_id, message_id, scheduled_at)
    JOIN device d ON d.id = a.device_id
    JOIN account ON account.id = d.account_id
    JOIN device_pace p ON p.device_id = a.device_id
    CROSS JOIN LATERAL (SELECT CASE WHEN d.first_contact_cap = 0 THEN d.first_contacts_held_until
        ELSE first_contact_turn(p.first_contact_slot,
            ((now() AT TIME ZONE account.timezone)::date + 1)::timestamp AT TIME ZONE account.timezone,
            d.first_contacts_held_until) END AS at) turn
    -- The hold may have ended since.
    WHERE d.first_contacts_held_until > now()
        OR (d.first_contact_cap > 0 AND p.first_contacts_on = (now() AT TIME ZONE account.timezone)::date
            AND p.first_contact_count >= first_contact_cap(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth,
                coalesce((now() AT TIME ZONE account.timezone)::date - p.first_sent_on, 0)))
    ORDER BY a.device_id
    FOR UPDATE OF p
), cold AS (
    SELECT s.device_id, m.id, m.scheduled_at, s.at, row_number() OVER (PARTITION BY s.device_id ORDER BY m.scheduled_at, m.id) AS place
    FROM stopped s CROSS JOIN LATERAL (
        (SELECT id, scheduled_at, lead_id, is_confirmation FROM message
        WHERE message.device_id = s.device_id AND message.scheduled_at >= s.cursor_at
            AND message.scheduled_at <= now() + interval '1 hour' AND message.id <> s.message_id
            AND state = 'pending' AND (not_before IS NULL OR not_before <= now())
            AND (campaign_id IS NULL
                OR campaign_id <> ALL (ARRAY(SELECT c.id FROM campaign c WHERE c.state IN ('launching', 'paused'))))
        ORDER BY scheduled_at, id LIMIT $4::int)
        UNION ALL
        SELECT id, scheduled_at, lead_id, is_confirmation FROM message
        WHERE message.id = s.message_id AND message.scheduled_at = s.scheduled_at AND message.device_id = s.device_id
            AND state = 'pending'
    ) m
    -- As `begins_chat` says.
    WHERE NOT m.is_confirmation
        AND NOT EXISTS (SELECT FROM chat WHERE chat.lead_id = m.lead_id AND chat.device_id = s.device_id)
        AND NOT EXISTS (SELECT FROM inbound i WHERE i.lead_id = m.lead_id AND i.device_id = s.device_id)
), placed AS MATERIALIZED (
    SELECT cold.device_id, cold.id, cold.scheduled_at,
        coalesce(s.places[1 + (cold.place::int - 1) % greatest(1, cardinality(s.places))], s.at) AS not_before
    FROM stopped s JOIN cold ON cold.device_id = s.device_id
), deferred AS (
    UPDATE message m SET reason = 'first_contact', not_before = placed.not_before
    FROM placed
    WHERE m.id = placed.id AND m.scheduled_at = placed.scheduled_at AND m.state = 'pending'
    RETURNING m.device_id
), counted AS (
    SELECT device_id, count(*)::int AS messages FROM deferred GROUP BY device_id
), paced AS (
    UPDATE device_pace p SET first_contact_slot = s.places[1 + counted.messages % greatest(1, cardinality(s.places))]
    FROM counted JOIN stopped s ON s.device_id = counted.device_id WHERE p.device_id = s.device_id
)
SELECT device_id, messages FROM counted;
