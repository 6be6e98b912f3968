-- Campaigns: read, made, changed, taken through their states, counted, foreseen.

-- name: get
SELECT c.id, c.account_id, c.display_name, c.text, c.filter, c.listed_count,
    (SELECT count(*) FROM kompang.campaign_listed_lead l WHERE l.campaign_id = c.id) AS lead_count,
    c.min_delay, c.max_delay, c.variation, c.on_unknown, c.on_late, c.late_after, c.state, c.starts_at, c.timezone,
    c.ended_at, c.version, c.created_at, c.updated_at
FROM kompang.campaign c
WHERE c.account_id = $1 AND c.id = $2::bigint

-- name: list
SELECT c.id, c.account_id, c.display_name, c.text, c.filter, c.listed_count,
    (SELECT count(*) FROM kompang.campaign_listed_lead l WHERE l.campaign_id = c.id) AS lead_count,
    c.min_delay, c.max_delay, c.variation, c.on_unknown, c.on_late, c.late_after, c.state, c.starts_at, c.timezone,
    c.ended_at, c.version, c.created_at, c.updated_at
FROM kompang.campaign c
WHERE c.account_id = $1 AND c.id > $2::bigint
ORDER BY c.account_id, c.id
LIMIT $3

-- name: lock
-- One change of a campaign at a time.
SELECT true FROM kompang.campaign WHERE account_id = $1 AND id = $2::bigint FOR UPDATE

-- name: create
INSERT INTO kompang.campaign (account_id, display_name, text, filter, filter_path, filter_values, listed_count,
    min_delay, max_delay, variation, on_unknown, on_late, late_after)
VALUES ($1, $2, $3, $4, $5::text::jsonpath, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13)
RETURNING id

-- name: change
UPDATE kompang.campaign
SET display_name = $2, text = $3, filter = $4, filter_path = $5::text::jsonpath, filter_values = $6::text::jsonb,
    listed_count = $7, min_delay = $8, max_delay = $9, variation = $10, on_unknown = $11, on_late = $12,
    late_after = $13, version = version + 1, updated_at = now()
WHERE id = $1::bigint AND account_id = $14

-- name: strangers
-- The first of these leads that is not the account's.
SELECT named.id FROM unnest($2::bigint[]) AS named (id)
WHERE NOT EXISTS (SELECT FROM kompang.lead l WHERE l.id = named.id AND l.account_id = $1)
LIMIT 1

-- name: name_leads
INSERT INTO kompang.campaign_listed_lead (campaign_id, lead_id)
SELECT $1, lead_id FROM unnest($2::bigint[]) AS lead_id
ON CONFLICT DO NOTHING

-- name: forget_leads
DELETE FROM kompang.campaign_listed_lead l USING kompang.campaign c
WHERE c.id = $1 AND c.account_id = $2 AND l.campaign_id = c.id

-- name: delete
DELETE FROM kompang.campaign WHERE id = $1::bigint AND account_id = $2 AND state = 'draft'

-- name: clone
INSERT INTO kompang.campaign (account_id, display_name, text, filter, filter_path, filter_values, listed_count,
    min_delay, max_delay, variation, on_unknown, on_late, late_after)
SELECT account_id, $2, text, filter, filter_path, filter_values, listed_count,
    min_delay, max_delay, variation, on_unknown, on_late, late_after
FROM kompang.campaign WHERE id = $1::bigint AND account_id = $3
RETURNING id

-- name: clone_leads
INSERT INTO kompang.campaign_listed_lead (campaign_id, lead_id)
SELECT $2, l.lead_id FROM kompang.campaign c JOIN kompang.campaign_listed_lead l ON l.campaign_id = c.id
WHERE c.id = $1 AND c.account_id = $3

-- name: local_time
-- A time on a zone's clocks as a moment; NULL where those clocks leave it out, `is_twice` where they show
-- it twice. No row for a zone that is none.
SELECT CASE WHEN (local.at AT TIME ZONE zone.name) AT TIME ZONE zone.name = local.at
        THEN local.at AT TIME ZONE zone.name END AS moment,
    EXISTS (SELECT FROM unnest('{30 min,1 h,2 h}'::interval[]) AS apart
        WHERE ((local.at AT TIME ZONE zone.name) + apart) AT TIME ZONE zone.name = local.at
            OR ((local.at AT TIME ZONE zone.name) - apart) AT TIME ZONE zone.name = local.at) AS is_twice
FROM (SELECT $1::timestamp AS at) local, pg_timezone_names zone
WHERE zone.name = $2

-- name: launch
-- The text becomes a step, which never changes. $2: the state it leads to.
WITH step AS (
    INSERT INTO kompang.sequence_step (campaign_id, revision, position, "offset", text, variation)
    SELECT id, 1, 1, '0 s', text, variation FROM kompang.campaign WHERE id = $1::bigint AND account_id = $5
    RETURNING id
)
UPDATE kompang.campaign c
SET state = $2, step_id = step.id, starts_at = coalesce($3::timestamptz, now()), timezone = $4,
    version = version + 1, updated_at = now()
FROM step WHERE c.id = $1::bigint AND c.account_id = $5

-- name: pause
UPDATE kompang.campaign SET state = 'paused', paused_at = now(), version = version + 1, updated_at = now()
WHERE id = $1::bigint AND account_id = $2

-- name: resume
-- With `shift`, all that is left is later by the length of the pause.
UPDATE kompang.campaign
SET state = 'running', running_since = now(), paused_at = NULL, version = version + 1, updated_at = now(),
    shift = shift + CASE on_late WHEN 'shift' THEN now() - paused_at ELSE '0 s' END
WHERE id = $1::bigint AND account_id = $2

-- name: cancel
-- The state counts at once; the rows follow.
UPDATE kompang.campaign
SET state = 'cancelled', paused_at = NULL, ended_at = now(), version = version + 1, updated_at = now()
WHERE id = $1::bigint AND account_id = $2

-- name: retry
UPDATE kompang.campaign
SET state = $2, running_since = now(), ended_at = NULL, version = version + 1, updated_at = now()
WHERE id = $1::bigint AND account_id = $3

-- name: sweep
-- Enrollment walks over all messages, from the beginning.
INSERT INTO kompang.campaign_sweep (campaign_id, kind) SELECT id, $2 FROM kompang.campaign WHERE id = $1 AND account_id = $3
ON CONFLICT (campaign_id) DO UPDATE SET kind = EXCLUDED.kind, lead_cursor = 0, next_at = now()

-- name: progress
-- One moment's counts; how far a launch is; when the plan ends.
SELECT c.state, now() AS at, c.listed_count,
    (SELECT coalesce(jsonb_object_agg(n.state, n.messages), '{}') FROM kompang.campaign_counts(c.id) n
        WHERE n.messages <> 0)::text AS counts,
    EXISTS (SELECT FROM kompang.campaign_sweep s WHERE s.campaign_id = c.id AND s.next_at <= now()) AS is_swept,
    d.suppressed, d.no_consent, d.erased, d.device_parked, d.leads, d.done_leads,
    d.plan_end + c.shift AS plan_end,
    (SELECT count(*) FROM kompang.campaign_listed_lead l WHERE l.campaign_id = c.id) AS lead_count
FROM kompang.campaign c
JOIN kompang.account a ON a.id = c.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.suppressed), 0) AS suppressed, coalesce(sum(p.no_consent), 0) AS no_consent,
        coalesce(sum(p.erased), 0) AS erased,
        coalesce(sum(p.device_parked), 0) AS device_parked, coalesce(sum(p.lead_count), 0) AS leads,
        coalesce(sum(p.lead_count) FILTER (WHERE p.is_done), 0) AS done_leads,
        max(kompang.campaign_due(c.anchor_at, p.device_id, p.written - 1, p.gap_s, p.daily_cap, p.first_room,
            a.timezone, p.opens, p.firsts)) FILTER (WHERE p.written > 0) AS plan_end
    FROM kompang.campaign_device p WHERE p.campaign_id = c.id
) d
WHERE c.account_id = $1 AND c.id = $2::bigint

-- name: forecast
-- What a launch at $3 would do, device by device, by the same rules: a row for each device with leads of
-- the audience. Others: what else is planned on the device before the campaign's last message there. Frequent:
-- leads that will have heard so often by the time of their message that the hand defers it, and until when; of an
-- audience of more than $4, one lead in so many is looked at for that.
WITH c AS MATERIALIZED (
    SELECT c.id, c.filter_path, c.filter_values, c.listed_count IS NOT NULL AS is_list, c.min_delay, c.max_delay,
        a.timezone, a.person_daily_cap, a.person_weekly_cap
    FROM kompang.campaign c JOIN kompang.account a ON a.id = c.account_id
    WHERE c.account_id = $1 AND c.id = $2::bigint
), judged AS MATERIALIZED (
    SELECT l.id, l.device_id, coalesce(nullif(l.timezone, ''), c.timezone) AS timezone, CASE
        WHEN l.erased_at IS NOT NULL THEN 'erased'
        WHEN s.phone_hash IS NOT NULL THEN 'suppressed'
        WHEN l.consent_at IS NULL THEN 'no_consent'
        ELSE 'chosen' END AS verdict
    FROM c
    JOIN kompang.lead l ON l.account_id = $1 AND CASE WHEN c.is_list
        THEN l.id IN (SELECT lead_id FROM kompang.campaign_listed_lead WHERE campaign_id = $2::bigint)
        ELSE kompang.lead_matches(
            l.trigger, l.device_id, l.created_at, l.attributes, c.filter_path, c.filter_values) END
    LEFT JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = l.phone_hash
), zoned AS (
    SELECT device_id, timezone, count(*) AS leads, count(*) FILTER (WHERE verdict = 'suppressed') AS suppressed,
        count(*) FILTER (WHERE verdict = 'no_consent') AS no_consent,
        count(*) FILTER (WHERE verdict = 'erased') AS erased,
        count(*) FILTER (WHERE verdict = 'chosen') AS chosen
    FROM judged GROUP BY device_id, timezone
), held AS (
    SELECT device_id, sum(leads)::bigint AS leads, sum(suppressed)::bigint AS suppressed,
        sum(no_consent)::bigint AS no_consent, sum(erased)::bigint AS erased, sum(chosen)::bigint AS chosen,
        coalesce(jsonb_object_agg(timezone, chosen) FILTER (WHERE chosen > 0), '{}')::text AS zones
    FROM zoned GROUP BY device_id
), planned AS MATERIALIZED (
    SELECT held.*, d.state = 'parked' AS is_parked, CASE WHEN d.state = 'held' THEN d.held_until END AS held_until,
        d.daily_cap, d.warmup_start, d.warmup_growth, p.first_sent_on, p.sent_on, p.sent_count,
        least(p.cursor_at, p.back_to) AS cursor_at, gap.s AS gap_s,
        extract(epoch FROM d.min_delay + d.max_delay)::float8 / 2 AS own_gap_s, spans.opens, spans.firsts,
        kompang.campaign_due($3::timestamptz, d.id, held.chosen - 1, gap.s, 0, 0, c.timezone, spans.opens, spans.firsts)
            AS plan_end
    FROM held
    CROSS JOIN c
    JOIN kompang.device d ON d.id = held.device_id
    JOIN kompang.device_pace p ON p.device_id = d.id
    CROSS JOIN LATERAL (SELECT extract(epoch
        FROM greatest(c.min_delay, d.min_delay) + greatest(c.max_delay, d.max_delay))::float8 / 2 AS s) gap
    CROSS JOIN LATERAL kompang.campaign_windows(d.id, $3::timestamptz, gap.s, held.chosen) spans
), sample AS MATERIALIZED (
    SELECT greatest(1, ceil(sum(chosen) / $4::int))::int AS one_in FROM held
), placed AS MATERIALIZED (
    -- As the launch places them.
    SELECT one.* FROM (
        SELECT id, device_id, row_number() OVER (PARTITION BY device_id ORDER BY id) - 1 AS k
        FROM judged WHERE verdict = 'chosen' AND (SELECT person_daily_cap + person_weekly_cap > 0 FROM c)
    ) one
    WHERE (hashint8(one.id) & 2147483647) % (SELECT one_in FROM sample) = 0
), heard AS MATERIALIZED (
    SELECT placed.id, placed.device_id, placed.k, CASE WHEN m.state = 'pending'
        THEN greatest(m.scheduled_at, m.not_before) ELSE coalesce(m.sent_at, m.handed_at) END AS at
    FROM placed JOIN kompang.message m ON m.lead_id = placed.id AND NOT m.is_confirmation
        AND m.scheduled_at > now() - interval '4 weeks'
        AND m.scheduled_at <= (SELECT max(plan_end) FROM planned)
        AND (m.state IN ('pending', 'handed', 'sent', 'delivered', 'read', 'unknown')
            OR (m.state = 'failed' AND m.reason = 'gave_up'))
), frequent AS (
    SELECT one.device_id, count(*) * (SELECT one_in FROM sample) AS leads, min(one.free_at) AS first_at, max(one.free_at) AS last_at
    FROM (
        SELECT due.device_id, due.at, greatest(
            (array_agg(due.heard_at ORDER BY due.heard_at DESC))[due.person_daily_cap] + interval '24 hours',
            (array_agg(due.heard_at ORDER BY due.heard_at DESC))[due.person_weekly_cap] + interval '168 hours') AS free_at
        FROM (
            SELECT heard.id, heard.device_id, heard.at AS heard_at, c.person_daily_cap, c.person_weekly_cap,
                kompang.campaign_due($3::timestamptz, p.device_id, heard.k, p.gap_s, 0, 0, c.timezone,
                    p.opens, p.firsts) AS at
            FROM heard JOIN planned p ON p.device_id = heard.device_id CROSS JOIN c
        ) due
        WHERE due.heard_at <= due.at AND due.heard_at > due.at - interval '168 hours'
        GROUP BY due.id, due.device_id, due.at, due.person_daily_cap, due.person_weekly_cap
    ) one
    WHERE one.free_at > one.at
    GROUP BY one.device_id
)
SELECT planned.device_id, planned.leads, planned.suppressed, planned.no_consent, planned.erased, planned.chosen, planned.zones,
    planned.is_parked, planned.held_until, planned.gap_s, planned.own_gap_s, planned.opens, planned.firsts,
    planned.plan_end, planned.daily_cap, planned.warmup_start, planned.warmup_growth, planned.first_sent_on,
    planned.sent_on, planned.sent_count, c.timezone,
    others.overdue, others.planned - others.overdue AS others,
    least(planned.chosen, coalesce(frequent.leads, 0)) AS frequent, frequent.first_at AS free_from, frequent.last_at AS free_until
FROM planned
CROSS JOIN c
LEFT JOIN frequent ON frequent.device_id = planned.device_id
CROSS JOIN LATERAL (
    SELECT count(*) AS planned, count(*) FILTER (WHERE m.scheduled_at <= $3::timestamptz) AS overdue
    FROM kompang.message m
    WHERE m.device_id = planned.device_id AND m.state = 'pending'
        AND m.scheduled_at >= planned.cursor_at AND m.scheduled_at <= planned.plan_end
        AND (m.not_before IS NULL OR m.not_before <= planned.plan_end)
        AND NOT EXISTS (SELECT FROM kompang.campaign other WHERE other.id = m.campaign_id AND other.state = 'paused')
) others

-- name: days
-- When the days of the account begin, in seconds, from two days before $2 on, for $3 days and some; and for how long
-- the messages of a quiet spell become due after it.
SELECT first.day AS first,
    ARRAY(SELECT extract(epoch FROM (first.day + n)::timestamp AT TIME ZONE a.timezone)::float8
        FROM generate_series(0, $3::int + 3) n ORDER BY n) AS midnights,
    extract(epoch FROM kompang.quiet_spread_most(a.quiet_from, a.quiet_until))::float8 AS spread_s
FROM kompang.account a CROSS JOIN LATERAL (SELECT ($2::timestamptz AT TIME ZONE a.timezone)::date - 2 AS day) first
WHERE a.id = $1

-- name: spells
-- What is quiet in the account's zone and in each of the zones $4, for the same days: when each spell begins and ends.
SELECT zone, array_agg(extract(epoch FROM s.begins_at)::float8 ORDER BY s.begins_at) AS begins,
    array_agg(extract(epoch FROM s.ends_at)::float8 ORDER BY s.begins_at) AS ends
FROM kompang.account a
CROSS JOIN LATERAL (SELECT unnest($4::text[]) AS zone UNION SELECT a.timezone) zoned
CROSS JOIN LATERAL kompang.quiet_spells($2::timestamptz - interval '48 h', $2::timestamptz + $3::int * interval '24 h',
    NULL, zone, a.quiet_from, a.quiet_until, a.quiet_weekdays, a.quiet_days) s
WHERE a.id = $1
GROUP BY zone

-- name: quiet_days
-- From the day of $2 to that of $3 by the account's clock, with what they are.
SELECT q.day, q.name, q.region, q.is_estimated
FROM kompang.account a CROSS JOIN LATERAL kompang.account_quiet_days(a.id) q
WHERE a.id = $1
    AND q.day BETWEEN ($2::timestamptz AT TIME ZONE a.timezone)::date AND ($3::timestamptz AT TIME ZONE a.timezone)::date
ORDER BY q.day LIMIT 2000

-- name: stop_words
-- Those that the account has added: what a text promises must be heard.
SELECT stop_words FROM kompang.account WHERE id = $1
