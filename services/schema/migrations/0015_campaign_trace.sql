-- A message of a campaign has a trace of its own, so that a launch of a million messages is not one trace. The
-- trace is not stored with each message: its id is reckoned from the launch's and the message's.

-- The context of the launch's span, and the share of the messages whose traces are recorded: the ratio of the
-- sampler of the process that launched it. Empty where that process records nothing.
ALTER TABLE kompang.campaign
    ADD COLUMN traceparent text NOT NULL DEFAULT '',
    ADD COLUMN trace_ratio float8 NOT NULL DEFAULT 0;

GRANT UPDATE (traceparent, trace_ratio) ON kompang.campaign TO kompang_enrollment;

-- W3C: version, trace, the span above the hand (which nobody exports), sampled. Empty where the trace is not
-- recorded, by the rule of OpenTelemetry's TraceIdRatioBased: the lower half of the id is below the ratio.
CREATE FUNCTION kompang.campaign_traceparent(launch text, ratio float8, message bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN launch = '' THEN ''
        WHEN ('x' || substr(md5(launch || ':' || message), 17, 15))::bit(60)::bigint < ratio * 1152921504606846976
            THEN '00-' || md5(launch || ':' || message) || '-' || left(md5('span:' || launch || ':' || message), 16) || '-01'
        ELSE '' END;

-- Of any message: the enrollment's where it is a step's, else its own; NULL for the answer to a stop word.
CREATE FUNCTION kompang.message_traceparent(enrollment text, campaign integer, message bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(enrollment, (
        SELECT kompang.campaign_traceparent(c.traceparent, c.trace_ratio, message)
        FROM kompang.campaign c WHERE c.id = campaign));
