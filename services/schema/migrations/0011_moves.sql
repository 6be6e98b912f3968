-- Leads in flight can be moved to the newest version of their chain: what is pending becomes another step,
-- at its place or at another time.

GRANT UPDATE (step_id, position) ON kompang.message TO kompang_enrollment;
GRANT UPDATE (message_count, state, reason, ended_at) ON kompang.enrollment TO kompang_enrollment;

-- What happened to a person, for somebody who asks.
CREATE INDEX event_lead ON kompang.event (lead_id, at, id);
