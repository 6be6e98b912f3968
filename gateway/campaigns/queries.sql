-- Campaigns: read, made, changed, taken through their states, counted.

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

-- name: stop_words
-- Those that the account has added: what a text promises must be heard.
SELECT stop_words FROM kompang.account WHERE id = $1
