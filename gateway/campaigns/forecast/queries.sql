-- What the forecast of a campaign reads.

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
        ELSE 'chosen' END AS verdict,
        -- As `begins_chat` says.
        chat.lead_id IS NULL AND NOT EXISTS (SELECT FROM kompang.inbound i
            WHERE i.account_id = $1 AND i.lead_id = l.id AND i.device_id = l.device_id) AS is_first
    FROM c
    JOIN kompang.lead l ON l.account_id = $1 AND CASE WHEN c.is_list
        THEN l.id IN (SELECT lead_id FROM kompang.campaign_listed_lead WHERE campaign_id = $2::bigint)
        ELSE kompang.lead_matches(
            l.trigger, l.device_id, l.created_at, l.attributes, c.filter_path, c.filter_values) END
    LEFT JOIN kompang.suppression s ON s.account_id = $1 AND s.phone_hash = l.phone_hash
    LEFT JOIN kompang.chat ON chat.lead_id = l.id AND chat.device_id = l.device_id
), zoned AS (
    SELECT device_id, timezone, count(*) AS leads, count(*) FILTER (WHERE verdict = 'suppressed') AS suppressed,
        count(*) FILTER (WHERE verdict = 'no_consent') AS no_consent,
        count(*) FILTER (WHERE verdict = 'erased') AS erased,
        count(*) FILTER (WHERE verdict = 'chosen') AS chosen,
        count(*) FILTER (WHERE verdict = 'chosen' AND is_first) AS first_contacts
    FROM judged GROUP BY device_id, timezone
), held AS (
    SELECT device_id, sum(leads)::bigint AS leads, sum(suppressed)::bigint AS suppressed,
        sum(no_consent)::bigint AS no_consent, sum(erased)::bigint AS erased, sum(chosen)::bigint AS chosen,
        sum(first_contacts)::bigint AS first_contacts,
        coalesce(jsonb_object_agg(timezone, chosen) FILTER (WHERE chosen > 0), '{}')::text AS zones
    FROM zoned GROUP BY device_id
), planned AS MATERIALIZED (
    SELECT held.*, d.state = 'parked' OR d.state_reason = 'client_outdated' AS is_parked,
        CASE WHEN d.state = 'held' THEN d.held_until END AS held_until,
        d.daily_cap, d.warmup_start, d.warmup_growth, p.first_sent_on, p.sent_on, p.sent_count,
        d.first_contact_cap, p.first_contacts_on, p.first_contact_count, p.first_contact_slot,
        CASE WHEN d.first_contacts_held_until > now() THEN d.first_contacts_held_until END AS first_contacts_held_until,
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
    least(planned.chosen, coalesce(frequent.leads, 0)) AS frequent, frequent.first_at AS free_from, frequent.last_at AS free_until,
    planned.first_contacts, others.first_contacts AS first_others, planned.first_contact_cap, planned.first_contacts_on,
    planned.first_contact_count, planned.first_contact_slot, planned.first_contacts_held_until
FROM planned
CROSS JOIN c
LEFT JOIN frequent ON frequent.device_id = planned.device_id
CROSS JOIN LATERAL (
    SELECT count(*) AS planned, count(*) FILTER (WHERE m.scheduled_at <= $3::timestamptz) AS overdue,
        -- Those that have a place are before the next one. Looked up where it matters alone: there may be many.
        count(*) FILTER (WHERE planned.first_contact_cap > 0 AND m.reason IS DISTINCT FROM 'first_contact' AND NOT m.is_confirmation
            AND NOT EXISTS (SELECT FROM kompang.chat WHERE chat.lead_id = m.lead_id AND chat.device_id = m.device_id)
            AND NOT EXISTS (SELECT FROM kompang.inbound i
                WHERE i.account_id = $1 AND i.lead_id = m.lead_id AND i.device_id = m.device_id)) AS first_contacts
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
