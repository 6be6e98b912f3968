-- The facts on which the hand would decide about a message, and those about a lead; nothing is locked.

-- name: facts
-- What the hand of dispatch would find at this moment, condition by condition: its statement decides, this
-- one only tells, and a test holds the two against each other.
SELECT m.id, m.state::text AS state, coalesce(m.reason, '') AS reason_text, m.attempts, m.scheduled_at,
    m.not_before, m.handed_at, m.sent_at, now() AS at,
    d.id AS device_id, d.state AS device_state, d.state_reason AS device_reason,
    d.ban_reason AS device_ban_reason, d.held_until,
    coalesce(h.host_id, '') AS host,
    (SELECT coalesce(r.noticed_at, now()) FROM kompang.cluster c LEFT JOIN kompang.restore r ON r.id = c.held_by
        WHERE c.held_by IS NOT NULL OR c.lineage <> kompang.lineage()) AS restored_at,
    l.withheld_at,
    CASE WHEN p.in_flight_id <> m.id THEN p.in_flight_id END AS other_in_flight,
    CASE WHEN p.in_flight_id = m.id AND (m.state = 'unknown' OR (m.state = 'handed' AND m.reason = 'repeat'))
        THEN CASE WHEN kompang.can_trace(d.transport) THEN 'trace' WHEN kompang.can_repeat(d.transport) THEN 'repeat' END
        END AS settled_by,
    s.created_at AS suppressed_at, s.reason AS suppressed_by, s.by_list, s.import_id AS suppressing_import, s.doubted_at,
    m.lead_id, m.is_confirmation,
    kompang.confirms(m.is_confirmation, m.scheduled_at, s.reason, s.created_at) AS confirms,
    kompang.confirmation_ends(m.scheduled_at) AS confirmation_ends_at,
    e.state AS enrollment_state, e.reason AS enrollment_reason, c.state AS campaign_state, c.on_late,
    coalesce(c.shift, '0 s') AS shift,
    CASE WHEN c.on_late = 'drop' AND m.attempts = 0
        THEN greatest(coalesce((SELECT planned.meant_at FROM kompang.campaign_lead planned
            WHERE planned.campaign_id = m.campaign_id AND planned.lead_id = m.lead_id), m.scheduled_at),
            m.not_before) + c.late_after END AS late_at,
    (SELECT min(earlier.id) FROM kompang.message earlier
        WHERE earlier.lead_id = m.lead_id AND earlier.enrollment_id = m.enrollment_id
            AND earlier.scheduled_at <= m.scheduled_at AND earlier.position < m.position
            AND earlier.state IN ('pending', 'handed')) AS behind,
    (SELECT min(later.id) FROM kompang.message later
        WHERE m.state = 'pending' AND m.attempts > 0
            AND later.lead_id = m.lead_id AND later.enrollment_id = m.enrollment_id
            AND later.scheduled_at >= m.scheduled_at AND later.position > m.position
            AND later.attempts > 0) AS overtaken_by,
    CASE WHEN p.sent_on = day.today THEN p.sent_count ELSE 0 END AS sent_today,
    kompang.device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
        coalesce(day.today - p.first_sent_on, 0)) AS cap_today,
    (day.today + 1)::timestamp AT TIME ZONE a.timezone AS day_ends_at,
    NOT m.is_confirmation AND kompang.begins_chat(m.lead_id, m.device_id) AS is_first_contact,
    CASE WHEN d.first_contacts_held_until > now() THEN d.first_contacts_held_until END AS first_contacts_held_until,
    CASE WHEN p.first_contacts_on = day.today THEN p.first_contact_count ELSE 0 END AS first_contacts_today,
    first.cap AS first_contact_cap_today,
    coalesce((kompang.first_contact_places(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth, p.first_sent_on,
        a.timezone, kompang.first_contact_turn(p.first_contact_slot, (day.today + 1)::timestamp AT TIME ZONE a.timezone,
            d.first_contacts_held_until), 1))[1], d.first_contacts_held_until) AS first_contact_turn_at,
    quiet.ends_at + kompang.quiet_spread(m.id, a.quiet_from, a.quiet_until) AS quiet_until,
    coalesce(nullif(l.timezone, ''), a.timezone) AS timezone,
    (SELECT coalesce(nullif(q.name, ''), q.day::text) FROM kompang.account_quiet_days(a.id) q
        WHERE q.day = here.today LIMIT 1) AS quiet_day,
    (SELECT q.region FROM kompang.account_quiet_days(a.id) q WHERE q.day = here.today LIMIT 1) AS holiday_region,
    CASE WHEN kompang.is_quiet_day(here.today, a.quiet_weekdays, '{}') THEN trim(to_char(here.today, 'Day')) END
        AS quiet_weekday,
    CASE WHEN person.free_at > now() THEN person.free_at END AS frequent_until,
    a.person_daily_cap, a.person_weekly_cap,
    greatest(p.last_sent_at + greatest(c.min_delay, d.min_delay), again.at) AS gap_least,
    greatest(p.last_sent_at, again.at) + greatest(c.max_delay, d.max_delay) AS gap_most
FROM kompang.message m
JOIN kompang.account a ON a.id = m.account_id
JOIN kompang.device d ON d.id = m.device_id
JOIN kompang.device_pace p ON p.device_id = d.id
JOIN kompang.shard_lease lease ON lease.shard = d.shard
JOIN kompang.lead l ON l.id = m.lead_id
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE a.timezone)::date AS today) day
CROSS JOIN LATERAL (SELECT kompang.first_contact_cap(d.first_contact_cap, d.daily_cap, d.warmup_start, d.warmup_growth,
    coalesce(day.today - p.first_sent_on, 0)) AS cap) first
-- Quiet days begin two seconds early, as quiet hours do.
CROSS JOIN LATERAL (SELECT ((now() + interval '2 s') AT TIME ZONE coalesce(nullif(l.timezone, ''), a.timezone))::date
    AS today) here
LEFT JOIN kompang.host h
    ON h.incarnation = lease.incarnation AND h.expires_at > clock_timestamp() AND h.stream <> 0
LEFT JOIN kompang.enrollment e ON e.id = m.enrollment_id
LEFT JOIN kompang.campaign c ON c.id = m.campaign_id
LEFT JOIN kompang.suppression s ON s.account_id = m.account_id AND s.phone_hash = l.phone_hash
-- Where it begins anew after it stood still.
LEFT JOIN LATERAL (SELECT kompang.went_on_at(
        c.running_since, greatest(lease.granted_at, h.back_at), p.last_sent_at) AS at) again
    ON m.scheduled_at + coalesce(c.shift, '0 s') <= again.at
    AND coalesce(p.last_sent_at + greatest(c.max_delay, d.max_delay) <= again.at, true)
LEFT JOIN LATERAL kompang.quiet_hours(now(), coalesce(nullif(l.timezone, ''), a.timezone),
    a.quiet_from, a.quiet_until, a.quiet_weekdays, a.quiet_days) quiet ON true
LEFT JOIN LATERAL kompang.person_free(m.lead_id, m.id, a.person_daily_cap, a.person_weekly_cap) person ON true
WHERE m.id = $2::bigint AND m.account_id = $1

-- name: lead
-- What stands before any message, and the next one that has not gone.
SELECT l.id, l.id AS lead_id, l.trigger, l.consent_at, l.refused_at, l.refused_by, l.withheld_at, s.created_at AS suppressed_at,
    s.reason AS suppressed_by, s.by_list, s.import_id AS suppressing_import, s.doubted_at,
    (SELECT coalesce(r.noticed_at, now()) FROM kompang.cluster c LEFT JOIN kompang.restore r ON r.id = c.held_by
        WHERE c.held_by IS NOT NULL OR c.lineage <> kompang.lineage()) AS restored_at,
    (SELECT q.slug FROM kompang.sequence q
        WHERE q.account_id = l.account_id AND q.is_active AND l.trigger <> '' AND q.trigger = l.trigger
        ORDER BY q.id LIMIT 1) AS listening,
    (SELECT q.slug FROM kompang.enrollment e JOIN kompang.sequence q ON q.id = e.sequence_id
        WHERE e.lead_id = l.id ORDER BY e.state = 'active' DESC, e.id DESC LIMIT 1) AS enrolled_in,
    (SELECT e.state FROM kompang.enrollment e
        WHERE e.lead_id = l.id ORDER BY e.state = 'active' DESC, e.id DESC LIMIT 1) AS enrollment_state,
    (SELECT m.id FROM kompang.message m
        WHERE m.lead_id = l.id AND m.state IN ('pending', 'handed', 'unknown')
        ORDER BY m.scheduled_at, m.id LIMIT 1) AS next_id
FROM kompang.lead l
LEFT JOIN kompang.suppression s ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash
WHERE l.account_id = $1 AND l.id = $2::bigint
