-- The statements of campaigns. Their connections take no hash and merge joins: what is read is a
-- piece of something long, by keys, whatever the statistics say.

-- name: scheduled
-- Campaigns whose time has come.
SELECT id FROM campaign WHERE state = 'scheduled' AND starts_at <= now()

-- name: start
-- Of these campaigns those whose time has come.
UPDATE campaign SET state = 'launching', version = version + 1, updated_at = now()
WHERE id = ANY ($1::integer[]) AND state = 'scheduled' AND starts_at <= now()

-- name: launching
-- What is to be written, the oldest first.
SELECT id FROM campaign WHERE state = 'launching' ORDER BY starts_at, id

-- name: lock
-- One replica at a time begins a launch; who comes second finds it begun.
SELECT true FROM campaign WHERE id = $1 AND state = 'launching' AND anchor_at IS NULL FOR NO KEY UPDATE

-- name: plan
-- The devices, and what is fixed of each: the mean gap, and the spans in which it may send. Also those
-- without leads: one may be moved to them before the launch is over. (Cap and room: of launches without spans.)
-- The plan counts from now. What is dropped when it is late counts from the time at which the campaign was to start:
-- a start that comes late itself is no excuse.
INSERT INTO campaign_device
    (campaign_id, device_id, lead_count, gap_s, daily_cap, first_room, is_parked, opens, firsts)
SELECT c.id, d.id, held.leads, gap.s, d.daily_cap, d.daily_cap, d.state = 'parked', spans.opens, spans.firsts
FROM campaign c
JOIN device d ON d.account_id = c.account_id
CROSS JOIN LATERAL (SELECT count(*) AS leads FROM lead WHERE lead.device_id = d.id) held
CROSS JOIN LATERAL (SELECT extract(epoch
    FROM greatest(c.min_delay, d.min_delay) + greatest(c.max_delay, d.max_delay))::float8 / 2 AS s) gap
CROSS JOIN LATERAL campaign_windows(
    d.id, CASE c.on_late WHEN 'drop' THEN least(c.starts_at, now()) ELSE now() END, gap.s, held.leads) spans
WHERE c.id = $1
    -- Of a list, only the devices it needs.
    AND (c.listed_count IS NULL OR d.id IN (
        SELECT lead.device_id FROM campaign_listed_lead named JOIN lead ON lead.id = named.lead_id
        WHERE named.campaign_id = c.id))
ORDER BY d.id

-- name: anchor
-- The launch has begun; its plan counts from now. $2, $3: its span, and the ratio for its messages.
UPDATE campaign SET anchor_at = now(), traceparent = $2, trace_ratio = $3, version = version + 1, updated_at = now()
WHERE id = $1

-- name: extent
-- How far ahead the messages may come to lie, in seconds, should every lead be of the audience; and how
-- many leads a device has on the average. NULL when the launch is not going on.
SELECT extract(epoch FROM max(campaign_due(c.anchor_at, d.device_id, d.lead_count, d.gap_s, d.daily_cap,
        d.first_room, a.timezone, d.opens, d.firsts)) - now())::float8 AS length_s,
    avg(d.lead_count)::float8 AS leads_a_device
FROM campaign c JOIN account a ON a.id = c.account_id JOIN campaign_device d ON d.campaign_id = c.id
WHERE c.id = $1 AND c.state = 'launching'

-- name: ensure_partitions
-- Before the first message that far ahead is written, and never inside the transaction that writes.
SELECT ensure_partitions(now(), now() + make_interval(secs => $1::float8) + interval '1 week')

-- name: write
-- The next piece of a launch: up to $3 leads of each of up to $2 devices (or of device $4) that nobody else
-- is writing.
-- Nothing is scheduled before this moment, or it would lie behind the cursors of its device; where the plan has an
-- earlier one, lateness counts from that. The ids are drawn first, because the unique key of campaign_lead must be
-- asked before the messages are written.
WITH c AS MATERIALIZED (
    SELECT campaign.id, campaign.account_id, campaign.step_id, campaign.anchor_at, campaign.filter_path,
        campaign.filter_values, campaign.listed_count IS NOT NULL AS is_list, campaign.on_late, account.timezone
    FROM campaign JOIN account ON account.id = campaign.account_id
    WHERE campaign.id = $1 AND campaign.state = 'launching' AND campaign.anchor_at IS NOT NULL
), taken AS MATERIALIZED (
    SELECT * FROM campaign_device
    WHERE campaign_id = (SELECT id FROM c) AND NOT is_done AND ($4::integer IS NULL OR device_id = $4)
    ORDER BY device_id LIMIT $2
    FOR UPDATE SKIP LOCKED
), page AS MATERIALIZED (
    SELECT l.id, l.device_id, l.phone_hash, l.consent_at, l.erased_at, taken.is_parked, taken.written, taken.gap_s,
        taken.daily_cap, taken.first_room, taken.opens, taken.firsts,
        CASE WHEN c.is_list
            THEN EXISTS (SELECT FROM campaign_listed_lead named
                WHERE named.campaign_id = c.id AND named.lead_id = l.id)
            ELSE lead_matches(l.trigger, l.device_id, l.created_at, l.attributes, c.filter_path, c.filter_values)
            END AS is_meant
    FROM c CROSS JOIN taken CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE lead.device_id = taken.device_id AND lead.account_id = c.account_id AND lead.id > taken.lead_cursor
        ORDER BY lead.id LIMIT $3
    ) l
), judged AS MATERIALIZED (
    SELECT id, device_id, written, gap_s, daily_cap, first_room, opens, firsts, CASE
        WHEN NOT is_meant THEN 'other'
        WHEN erased_at IS NOT NULL THEN 'erased'
        WHEN EXISTS (SELECT FROM suppression s
            WHERE s.account_id = (SELECT account_id FROM c) AND s.phone_hash = page.phone_hash) THEN 'suppressed'
        WHEN consent_at IS NULL THEN 'no_consent'
        WHEN is_parked THEN 'device_parked'
        ELSE 'chosen' END AS verdict
    FROM page
), placed AS (
    SELECT one.id, one.device_id, campaign_due(c.anchor_at, one.device_id, one.k, gap_s, daily_cap, first_room,
        c.timezone, opens, firsts) AS meant_at
    FROM c CROSS JOIN (
        SELECT *, written + row_number() OVER (PARTITION BY device_id ORDER BY id) - 1 AS k
        FROM judged WHERE verdict = 'chosen'
    ) one
), chosen AS MATERIALIZED (
    INSERT INTO campaign_lead (campaign_id, device_id, lead_id, message_id, scheduled_at, meant_at)
    SELECT c.id, placed.device_id, placed.id, nextval('message_id_seq'), greatest(now(), placed.meant_at),
        CASE WHEN c.on_late = 'drop' AND placed.meant_at < now() THEN placed.meant_at END
    FROM c CROSS JOIN placed
    ON CONFLICT DO NOTHING
    RETURNING device_id, lead_id, message_id, scheduled_at
), written AS (
    INSERT INTO message (id, lead_id, step_id, scheduled_at, account_id, device_id, campaign_id)
    OVERRIDING SYSTEM VALUE
    SELECT chosen.message_id, chosen.lead_id, c.step_id, chosen.scheduled_at, c.account_id, chosen.device_id, c.id
    FROM chosen CROSS JOIN c
), counted AS (
    INSERT INTO campaign_change (campaign_id, new_state, messages)
    SELECT $1, 'pending', count(*) FROM chosen HAVING count(*) > 0
), read AS MATERIALIZED (
    SELECT device_id, count(*) AS leads, max(id) AS last_id, count(*) FILTER (WHERE verdict = 'suppressed') AS suppressed,
        count(*) FILTER (WHERE verdict = 'no_consent') AS no_consent,
        count(*) FILTER (WHERE verdict = 'erased') AS erased,
        count(*) FILTER (WHERE verdict = 'device_parked') AS device_parked
    FROM judged GROUP BY device_id
), got AS MATERIALIZED (
    SELECT device_id, count(*) AS messages FROM chosen GROUP BY device_id
), done AS MATERIALIZED (
    SELECT taken.device_id, coalesce(read.leads, 0) AS leads, read.last_id, coalesce(read.suppressed, 0) AS suppressed,
        coalesce(read.no_consent, 0) AS no_consent, coalesce(read.erased, 0) AS erased,
        coalesce(read.device_parked, 0) AS device_parked,
        coalesce(got.messages, 0) AS chosen
    FROM taken
    LEFT JOIN read ON read.device_id = taken.device_id
    LEFT JOIN got ON got.device_id = taken.device_id
), moved AS (
    UPDATE campaign_device d
    SET lead_cursor = coalesce(done.last_id, d.lead_cursor), is_done = done.leads < $3, written = d.written + done.chosen,
        suppressed = d.suppressed + done.suppressed, no_consent = d.no_consent + done.no_consent,
        erased = d.erased + done.erased,
        device_parked = d.device_parked + done.device_parked
    FROM done
    WHERE d.campaign_id = $1 AND d.device_id = done.device_id
)
SELECT count(*) AS devices, coalesce(sum(chosen), 0)::bigint AS messages FROM done

-- name: unwritten
-- The devices of a launch that are not done: asked for where a piece failed.
SELECT device_id FROM campaign_device WHERE campaign_id = $1 AND NOT is_done ORDER BY device_id

-- name: has_messages
-- Whether anything of a launch works.
SELECT EXISTS (SELECT FROM campaign_lead WHERE campaign_id = $1)

-- name: next_leads
-- Of a launch and a device: the $3 leads behind the cursor.
SELECT d.lead_cursor AS cursor, l.id AS lead_id
FROM campaign_device d JOIN campaign c ON c.id = d.campaign_id CROSS JOIN LATERAL (
    SELECT id FROM lead
    WHERE lead.device_id = d.device_id AND lead.account_id = c.account_id AND lead.id > d.lead_cursor
    ORDER BY lead.id LIMIT $3
) l
WHERE d.campaign_id = $1 AND d.device_id = $2 AND NOT d.is_done
ORDER BY l.id

-- name: pass_lead
-- A lead whose message cannot be written is left out: the cursor goes from $3 to it ($4).
UPDATE campaign_device SET lead_cursor = $4::bigint
WHERE campaign_id = $1 AND device_id = $2 AND lead_cursor = $3 AND NOT is_done

-- name: reopen
-- The devices that leads were moved to since the launch began: read again from the start, because they
-- may have been done before. Who has a message already gets no second one.
UPDATE campaign_device d
SET is_done = false, lead_cursor = 0, suppressed = 0, no_consent = 0, erased = 0, device_parked = 0
WHERE d.campaign_id = $1 AND d.is_done AND d.device_id IN (
    SELECT l.device_id FROM campaign c JOIN lead l ON l.account_id = c.account_id
    WHERE c.id = $1 AND c.state = 'launching' AND l.updated_at >= c.anchor_at AND l.created_at < c.anchor_at
        AND NOT EXISTS (SELECT FROM campaign_lead got WHERE got.campaign_id = c.id AND got.lead_id = l.id))

-- name: written
-- Every message is there: from now on they are handed. With `shift`, the time it took is no lateness.
-- Where a restore has lost whether it was launched before, it waits for an operator.
UPDATE campaign c
SET state = CASE WHEN is_doubtful THEN 'paused' ELSE 'running' END,
    paused_at = CASE WHEN is_doubtful THEN now() END, running_since = now(), version = version + 1,
    updated_at = now(),
    shift = CASE c.on_late WHEN 'shift' THEN now() - c.anchor_at ELSE c.shift END
WHERE c.id = $1 AND c.state = 'launching' AND c.anchor_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM campaign_device d WHERE d.campaign_id = c.id AND NOT d.is_done)
RETURNING true

-- name: fold
-- Up to $1 changes of counts, of the campaigns $2 or (NULL) of all, become part of the counts. In one order
-- everywhere, so that two replicas cannot wait for each other.
WITH gone AS (
    DELETE FROM campaign_change WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM campaign_change WHERE $2::integer[] IS NULL OR campaign_id = ANY ($2)
        LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING campaign_id, old_state, new_state, messages
), summed AS (
    SELECT campaign_id, state, sum(messages) AS messages FROM (
        SELECT campaign_id, new_state AS state, messages FROM gone
        UNION ALL SELECT campaign_id, old_state, -messages FROM gone WHERE old_state IS NOT NULL
    ) one GROUP BY campaign_id, state
), folded AS (
    INSERT INTO campaign_count AS n (campaign_id, state, messages)
    SELECT campaign_id, state, messages FROM summed ORDER BY campaign_id, state
    ON CONFLICT (campaign_id, state) DO UPDATE SET messages = n.messages + EXCLUDED.messages
)
SELECT count(*) FROM gone

-- name: fold_deliveries
-- The same for what steps and devices sent, and what arrived of it. Of long ago no device's figure is made.
WITH gone AS (
    DELETE FROM delivery_change WHERE ctid = ANY (ARRAY(SELECT ctid FROM delivery_change LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING step_id, device_id, sent_from, sent, delivered, read
), of_steps AS (
    INSERT INTO step_count AS n (step_id, sent, delivered, read)
    SELECT step_id, sum(sent), sum(delivered), sum(read) FROM gone
    WHERE step_id IS NOT NULL GROUP BY step_id ORDER BY step_id
    ON CONFLICT (step_id) DO UPDATE
    SET sent = n.sent + EXCLUDED.sent, delivered = n.delivered + EXCLUDED.delivered, read = n.read + EXCLUDED.read
), of_devices AS (
    INSERT INTO device_arrival AS n (device_id, sent_from, sent, delivered)
    SELECT device_id, sent_from, sum(sent), sum(delivered) FROM gone
    WHERE device_id IS NOT NULL AND sent_from > now() - interval '2 days' AND sent + delivered > 0
    GROUP BY device_id, sent_from ORDER BY device_id, sent_from
    ON CONFLICT (device_id, sent_from) DO UPDATE
    SET sent = n.sent + EXCLUDED.sent, delivered = n.delivered + EXCLUDED.delivered
)
SELECT count(*) FROM gone

-- name: changed
-- The campaigns with changes to fold: asked for where folding all at once failed.
SELECT DISTINCT campaign_id FROM campaign_change ORDER BY campaign_id

-- name: running
-- Asked for where finishing all at once failed.
SELECT id FROM campaign WHERE state = 'running' ORDER BY id

-- name: finish
-- Running campaigns, $1 or (NULL) all, without an open message have ended. What is unknown is open: somebody has to settle
-- it. The version is that of the snapshot in which was counted: a retry asked for meanwhile changes it.
UPDATE campaign c SET state = 'finished', ended_at = now(), version = c.version + 1, updated_at = now()
FROM (
    SELECT id, version FROM campaign
    WHERE state = 'running' AND ($1::integer[] IS NULL OR id = ANY ($1))
        AND NOT EXISTS (SELECT FROM campaign_sweep s WHERE s.campaign_id = campaign.id)
        AND NOT EXISTS (SELECT FROM campaign_counts(campaign.id) n
            WHERE n.state IN ('pending', 'handed', 'unknown') AND n.messages > 0)
) seen
WHERE c.id = seen.id AND c.state = 'running' AND c.version = seen.version
RETURNING c.id
