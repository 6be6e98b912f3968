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
WHERE id = $1::bigint

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
DELETE FROM kompang.campaign_listed_lead WHERE campaign_id = $1

-- name: delete
DELETE FROM kompang.campaign WHERE id = $1::bigint AND state = 'draft'

-- name: clone
INSERT INTO kompang.campaign (account_id, display_name, text, filter, filter_path, filter_values, listed_count,
    min_delay, max_delay, variation, on_unknown, on_late, late_after)
SELECT account_id, $2, text, filter, filter_path, filter_values, listed_count,
    min_delay, max_delay, variation, on_unknown, on_late, late_after
FROM kompang.campaign WHERE id = $1::bigint
RETURNING id

-- name: clone_leads
INSERT INTO kompang.campaign_listed_lead (campaign_id, lead_id)
SELECT $2, lead_id FROM kompang.campaign_listed_lead WHERE campaign_id = $1

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
    SELECT id, 1, 1, '0 s', text, variation FROM kompang.campaign WHERE id = $1::bigint
    RETURNING id
)
UPDATE kompang.campaign c
SET state = $2, step_id = step.id, starts_at = coalesce($3::timestamptz, now()), timezone = $4,
    version = version + 1, updated_at = now()
FROM step WHERE c.id = $1::bigint

-- name: pause
UPDATE kompang.campaign SET state = 'paused', paused_at = now(), version = version + 1, updated_at = now()
WHERE id = $1::bigint

-- name: resume
-- With `shift`, all that is left is later by the length of the pause.
UPDATE kompang.campaign
SET state = 'running', paused_at = NULL, version = version + 1, updated_at = now(),
    shift = shift + CASE on_late WHEN 'shift' THEN now() - paused_at ELSE '0 s' END
WHERE id = $1::bigint

-- name: cancel
-- The state counts at once; the rows follow.
UPDATE kompang.campaign
SET state = 'cancelled', paused_at = NULL, ended_at = now(), version = version + 1, updated_at = now()
WHERE id = $1::bigint

-- name: retry
UPDATE kompang.campaign SET state = $2, ended_at = NULL, version = version + 1, updated_at = now()
WHERE id = $1::bigint

-- name: sweep
-- Enrollment walks over all messages, from the beginning.
INSERT INTO kompang.campaign_sweep (campaign_id, kind) VALUES ($1, $2)
ON CONFLICT (campaign_id) DO UPDATE SET kind = EXCLUDED.kind, lead_cursor = 0, next_at = now()

-- name: progress
-- One moment's counts; how far a launch is; when the plan ends.
SELECT c.state, now() AS at, c.listed_count,
    (SELECT coalesce(jsonb_object_agg(n.state, n.messages), '{}') FROM kompang.campaign_counts(c.id) n
        WHERE n.messages <> 0)::text AS counts,
    EXISTS (SELECT FROM kompang.campaign_sweep s WHERE s.campaign_id = c.id AND s.next_at <= now()) AS is_swept,
    d.suppressed, d.no_consent, d.device_parked, d.leads, d.done_leads,
    d.plan_end + c.shift AS plan_end,
    (SELECT count(*) FROM kompang.campaign_listed_lead l WHERE l.campaign_id = c.id) AS lead_count
FROM kompang.campaign c
JOIN kompang.account a ON a.id = c.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.suppressed), 0) AS suppressed, coalesce(sum(p.no_consent), 0) AS no_consent,
        coalesce(sum(p.device_parked), 0) AS device_parked, coalesce(sum(p.lead_count), 0) AS leads,
        coalesce(sum(p.lead_count) FILTER (WHERE p.is_done), 0) AS done_leads,
        max(kompang.campaign_slot(c.anchor_at, p.device_id, p.written - 1, p.gap_s, p.daily_cap, p.first_room,
            a.timezone)) FILTER (WHERE p.written > 0) AS plan_end
    FROM kompang.campaign_device p WHERE p.campaign_id = c.id
) d
WHERE c.account_id = $1 AND c.id = $2::bigint

-- name: forecast
-- What a launch at $3 would do, device by device, by the same rules: a row for each device with leads of
-- the audience.
WITH c AS MATERIALIZED (
    SELECT id, filter_path, filter_values, listed_count IS NOT NULL AS is_list, min_delay, max_delay
    FROM kompang.campaign WHERE account_id = $1 AND id = $2::bigint
), judged AS (
    SELECT l.device_id, CASE
        WHEN s.phone_hash IS NOT NULL THEN 'suppressed'
        WHEN l.consent_at IS NULL THEN 'no_consent'
        ELSE 'chosen' END AS verdict
    FROM c
    JOIN kompang.lead l ON l.account_id = $1 AND CASE WHEN c.is_list
        THEN l.id IN (SELECT lead_id FROM kompang.campaign_listed_lead WHERE campaign_id = $2::bigint)
        ELSE kompang.lead_matches(
            l.trigger, l.device_id, l.created_at, l.attributes, c.filter_path, c.filter_values) END
    LEFT JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = l.phone_hash
), held AS (
    SELECT device_id, count(*) AS leads, count(*) FILTER (WHERE verdict = 'suppressed') AS suppressed,
        count(*) FILTER (WHERE verdict = 'no_consent') AS no_consent,
        count(*) FILTER (WHERE verdict = 'chosen') AS chosen
    FROM judged GROUP BY device_id
)
SELECT held.device_id, held.leads, held.suppressed, held.no_consent, d.state = 'parked' AS is_parked, held.chosen,
    kompang.campaign_slot($3::timestamptz, d.id, held.chosen - 1,
        extract(epoch FROM greatest(c.min_delay, d.min_delay) + greatest(c.max_delay, d.max_delay))::float8 / 2,
        d.daily_cap,
        CASE WHEN p.sent_on = ($3::timestamptz AT TIME ZONE a.timezone)::date
            THEN greatest(0, d.daily_cap - p.sent_count) ELSE d.daily_cap END,
        a.timezone) AS ends_at
FROM held
CROSS JOIN c
JOIN kompang.device d ON d.id = held.device_id
JOIN kompang.device_pace p ON p.device_id = d.id
JOIN kompang.account a ON a.id = d.account_id
ORDER BY ends_at DESC, held.device_id
