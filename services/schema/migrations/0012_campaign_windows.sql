-- The plan of a campaign knows what is known beforehand: quiet hours, daily caps and warm-up. And nothing goes on in
-- step after it stood still.

ALTER TABLE kompang.campaign_device
    -- The spans in which the device may send: when each opens, and the first message of it, from 0. NULL: the
    -- launch was begun before there were any, and goes on by campaign_slot.
    ADD COLUMN opens timestamptz[],
    ADD COLUMN firsts bigint[],
    ADD CHECK ((opens IS NULL) = (firsts IS NULL) AND cardinality(opens) = cardinality(firsts));

-- When it began to run, or went on after a pause. What was due by then goes spread over the longest delay.
ALTER TABLE kompang.campaign ADD COLUMN running_since timestamptz;
GRANT UPDATE (running_since) ON kompang.campaign TO kompang_enrollment;
-- The same for a host's devices: when it got the lease, and when its term went on after it had run out.
ALTER TABLE kompang.shard_lease ADD COLUMN granted_at timestamptz;
ALTER TABLE kompang.host ADD COLUMN back_at timestamptz;

-- The spans in which a device may send so many messages of a campaign that begins at `anchor`, one each gap: none in
-- the quiet hours of the account, none beyond the cap of a day (its own, or what the warm-up has come to). Behind quiet
-- hours each device opens at its own place in half an hour. Leads elsewhere have other nights: those are the
-- hand's. After 730 days the last span takes what is left, because nothing may be planned further ahead.
CREATE FUNCTION kompang.campaign_windows(device integer, anchor timestamptz, gap_s float8, leads bigint)
    RETURNS TABLE (opens timestamptz[], firsts bigint[])
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    rules record;
    moment timestamptz := anchor;
    day date;
    quiet_end timestamptz;
    quiet_begin timestamptz;
    midnight timestamptz;
    closes timestamptz;
    first_day date;
    used_on date;
    used bigint;
    room bigint;
    k bigint := 0;
BEGIN
    SELECT a.timezone, a.quiet_from, a.quiet_until, a.quiet_from - interval '2 s' AS quiet_early,
        d.daily_cap, d.warmup_start, d.warmup_growth, p.first_sent_on, p.sent_on, p.sent_count
    INTO STRICT rules
    FROM kompang.device d
    JOIN kompang.account a ON a.id = d.account_id
    JOIN kompang.device_pace p ON p.device_id = d.id
    WHERE d.id = device;
    first_day := rules.first_sent_on;
    used_on := rules.sent_on;
    used := rules.sent_count;
    opens := '{}';
    firsts := '{}';
    LOOP
        quiet_end := (SELECT q.ends_at
            FROM kompang.quiet_hours(moment, rules.timezone, rules.quiet_from, rules.quiet_until) q);
        IF quiet_end IS NOT NULL THEN
            moment := greatest(quiet_end, moment + interval '1 s')
                + kompang.quiet_spread(device, rules.quiet_from, rules.quiet_until);
        END IF;
        day := (moment AT TIME ZONE rules.timezone)::date;
        first_day := coalesce(first_day, day);
        IF used_on IS DISTINCT FROM day THEN
            used_on := day;
            used := 0;
        END IF;
        midnight := (day + 1)::timestamp AT TIME ZONE rules.timezone;
        quiet_begin := (day + rules.quiet_early) AT TIME ZONE rules.timezone;
        IF quiet_begin <= moment THEN
            quiet_begin := (day + 1 + rules.quiet_early) AT TIME ZONE rules.timezone;
        END IF;
        room := kompang.device_cap(rules.daily_cap, rules.warmup_start, rules.warmup_growth, day - first_day) - used;
        closes := least(CASE WHEN room IS NOT NULL THEN midnight END, quiet_begin);
        IF closes IS NOT NULL AND gap_s > 0 THEN
            room := least(room, greatest(1, floor(extract(epoch FROM closes - moment) / gap_s))::bigint);
        END IF;
        IF coalesce(room, 1) > 0 THEN
            opens := opens || moment;
            firsts := firsts || k;
            k := k + coalesce(room, leads);
            used := used + coalesce(room, 0);
        END IF;
        EXIT WHEN room IS NULL OR k >= leads OR moment > anchor + interval '730 days';
        moment := greatest(closes, moment + interval '1 s');
    END LOOP;
    IF opens = '{}' THEN  -- a cap that never opens
        opens := ARRAY[anchor];
        firsts := '{0}';
    END IF;
    RETURN NEXT;
END $$;

-- The plan: when the k-th message (from 0) of a campaign through a device is due. Devices are out of step with each
-- other by a part of the gap. The forecast and the launch both ask here.
CREATE FUNCTION kompang.campaign_due(
    anchor timestamptz, device_id integer, k bigint, gap_s float8, daily_cap integer, first_room integer, zone text,
    opens timestamptz[], firsts bigint[]
) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN opens IS NULL
        THEN kompang.campaign_slot(anchor, device_id, k, gap_s, daily_cap, first_room, zone)
        ELSE least(anchor + interval '730 days', opens[width_bucket(k, firsts)]
            + make_interval(secs => gap_s * (k - firsts[width_bucket(k, firsts)]
                + mod(device_id * 0.6180339887, 1)::float8))) END;

-- Since when a device begins anew: its campaign runs, or a host is there for it again. A takeover takes seconds and must
-- not take longer for this; only devices that nobody served for half a minute would all go on at once.
CREATE FUNCTION kompang.went_on_at(running_since timestamptz, served_since timestamptz, last_sent_at timestamptz)
    RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest(running_since,
        CASE WHEN last_sent_at < served_since - interval '30 s' THEN served_since END);
