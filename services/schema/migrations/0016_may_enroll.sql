-- Whether a lead may be enrolled in a chain now: one row, or none. The scan asks for the candidates of a page, and
-- again when it enrolls them. The planner writes a function that returns rows into the statement that asks, so
-- that no lead costs a call: ask with EXISTS, and give no argument that is a subquery. OFFSET 0 keeps the planner from reading a whole table to exclude a few leads.
-- `sequences`: all sequences linked with the one that is enrolled in, before and behind: a lead goes through a
-- chain once, wherever it got in; again only where `reenter` says so and its trigger was set anew since the last
-- time. That is asked only of leads that went through, so that all others cost one look into an index.
CREATE FUNCTION kompang.may_enroll(
    lead bigint, account integer, phone bytea, consented timestamptz, triggered timestamptz,
    sequences integer[], reenter text
) RETURNS SETOF boolean
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT true
    WHERE consented IS NOT NULL
        AND (NOT EXISTS (
                SELECT FROM kompang.enrollment e
                WHERE e.sequence_id = ANY (sequences) AND e.lead_id = lead OFFSET 0)
            OR (reenter <> 'never' AND NOT EXISTS (
                SELECT FROM kompang.enrollment e
                WHERE e.sequence_id = ANY (sequences) AND e.lead_id = lead
                    AND (triggered > e.created_at) IS NOT TRUE OFFSET 0)
                AND (reenter = 'restart' OR NOT EXISTS (
                    SELECT FROM kompang.enrollment e
                    WHERE e.sequence_id = ANY (sequences) AND e.lead_id = lead
                        AND e.state IN ('active', 'held') OFFSET 0))))
        AND NOT EXISTS (
            SELECT FROM kompang.suppression s
            WHERE s.account_id = account AND s.phone_hash = phone OFFSET 0);
END;
