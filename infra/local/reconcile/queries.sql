-- Reads everything that the offline checker compares; the owner of a small database runs these statements.

-- name: messages
-- Numbers lose their `+`, as on the wire. LEFT JOIN: a message whose device or lead is missing must be seen.
SELECT m.id, m.state::text AS state, m.lead_id, m.enrollment_id, m.campaign_id, m.position,
    coalesce(ltrim(d.phone, '+'), '') AS device,
    coalesce(ltrim(l.phone, '+'), '') AS recipient,
    wire_id(cluster.id, m.id) AS wire_id,
    coalesce(extract(epoch FROM greatest(c.min_delay, d.min_delay)), 0)::float8 AS min_delay_s,
    coalesce(encode(m.text_hash, 'hex'), '') AS text_hash,
    coalesce(l.erased_at IS NOT NULL, false) AS is_erased,
    -- As in the hand: no repeat finds out whether these messages were sent.
    CASE WHEN m.is_confirmation
        THEN l.erased_at IS NOT NULL OR confirmation_ends(m.scheduled_at) < now()
            OR NOT confirms(m.is_confirmation, m.scheduled_at, s.reason, s.created_at)
        ELSE s.phone_hash IS NOT NULL OR l.erased_at IS NOT NULL OR coalesce(e.state = 'stopped', false)
            OR coalesce(c.state = 'cancelled', false)
            OR m.lead_id IN (SELECT lead_id FROM event WHERE type = 'lead_suppressed' AND lead_id IS NOT NULL) END
        AS is_abandoned,
    m.state = 'cancelled' AND m.reason IS NOT DISTINCT FROM 'moved' AS is_replaced,
    coalesce(can_trace(d.transport), false) AS is_traceable,
    -- One answer may be sent to a person who wrote a stop word; it is due at the moment of that stop word.
    CASE WHEN m.is_confirmation THEN extract(epoch FROM m.scheduled_at)::float8 END AS answers_s
FROM message m
CROSS JOIN cluster
LEFT JOIN device d ON d.id = m.device_id
LEFT JOIN lead l ON l.id = m.lead_id
LEFT JOIN enrollment e ON e.id = m.enrollment_id
LEFT JOIN campaign c ON c.id = m.campaign_id
LEFT JOIN suppression s ON s.account_id = l.account_id AND s.phone_hash = l.phone_hash
ORDER BY m.id;

-- name: enrollments
-- The messages that each lead must have got, round by round; also those of erased leads.
SELECT id, message_count, sequence_id, lead_id, round, state IN ('active', 'held') AS goes_on
FROM enrollment ORDER BY sequence_id, lead_id, round, id;

-- name: campaigns
-- The counts that the API shows.
SELECT c.id, coalesce((SELECT jsonb_object_agg(n.state, n.messages) FROM campaign_counts(c.id) n
    WHERE n.messages <> 0), '{}')::text AS counts
FROM campaign c ORDER BY c.id;

-- name: campaign_leads
-- The message of each lead of a campaign, as the launch recorded it.
SELECT campaign_id, lead_id, message_id FROM campaign_lead ORDER BY campaign_id, lead_id;

-- name: opt_outs
-- The time from each stop word until it was taken back. The row in suppression may be older than the lead, and
-- the events outlive the row: a stop word that both have is returned twice.
SELECT l.id, extract(epoch FROM s.created_at)::float8 AS begin_s, NULL::float8 AS end_s
FROM suppression s JOIN lead l ON l.account_id = s.account_id AND l.phone_hash = s.phone_hash
UNION ALL
SELECT stop.lead_id, extract(epoch FROM stop.at)::float8,
    (SELECT extract(epoch FROM min(start.at))::float8 FROM event start
     WHERE start.type = 'lead_restored' AND start.lead_id = stop.lead_id AND start.at > stop.at)
FROM event stop WHERE stop.type = 'lead_suppressed'
ORDER BY 1, 2;

-- name: erasures
SELECT id, extract(epoch FROM erased_at)::float8 AS begin_s, NULL::float8 AS end_s
FROM lead WHERE erased_at IS NOT NULL ORDER BY id;

-- name: campaign_holds
-- From each pause until the next resume, and from a cancel on: every call that did something is in the audit.
SELECT substr(held.resource, length('campaigns/') + 1)::integer AS id,
    extract(epoch FROM held.at)::float8 AS begin_s,
    CASE WHEN held.method LIKE '%/PauseCampaign' THEN
        (SELECT extract(epoch FROM min(resumed.at))::float8 FROM audit resumed
         WHERE resumed.resource = held.resource AND resumed.method LIKE '%/ResumeCampaign'
             AND resumed.at > held.at)
    END AS end_s
FROM audit held
WHERE held.resource LIKE 'campaigns/%'
    AND (held.method LIKE '%/PauseCampaign' OR held.method LIKE '%/CancelCampaign')
ORDER BY 1, 2;
