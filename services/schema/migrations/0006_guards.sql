-- What holds a message back although it is due: quiet hours, how often a person may be written to, how much
-- a device may send. The columns' defaults hold nothing back, so that no account of today falls silent by an
-- upgrade; `kompang admin create-account` gives new accounts the product's own figures.

ALTER TABLE kompang.account
    -- Local times of the lead, else of the account; NULL: no quiet hours.
    ADD COLUMN quiet_from time,
    ADD COLUMN quiet_until time,
    -- The most messages to one person within 24 hours, and within seven times as many; 0: no cap.
    ADD COLUMN person_daily_cap smallint NOT NULL DEFAULT 0 CHECK (person_daily_cap BETWEEN 0 AND 1000),
    ADD COLUMN person_weekly_cap smallint NOT NULL DEFAULT 0 CHECK (person_weekly_cap BETWEEN 0 AND 1000),
    ADD CONSTRAINT account_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until);

ALTER TABLE kompang.device
    -- The cap of the first day on which it sends, 0: no warm-up; and by what it grows a day, until the daily cap.
    ADD COLUMN warmup_start integer NOT NULL DEFAULT 0 CHECK (warmup_start BETWEEN 0 AND 100000),
    ADD COLUMN warmup_growth float8 NOT NULL DEFAULT 1.5 CHECK (warmup_growth BETWEEN 1 AND 10);

ALTER TABLE kompang.device_pace
    -- The day of its first send, in the account's timezone: where the warm-up begins.
    ADD COLUMN first_sent_on date,
    -- What is deferred lies behind the cursor, from `back_to` on: a night's messages are not read again
    -- each second. Before `back_at`, when the first of them may go, the cursor returns.
    ADD COLUMN back_at timestamptz,
    ADD COLUMN back_to timestamptz,
    ADD CONSTRAINT pace_back CHECK ((back_at IS NULL) = (back_to IS NULL));

-- The functions are asked by the hand, which decides, and by the gateway, which explains: one truth. Those
-- that return a table are inlined in the statement that asks, and planned with it.

-- When the quiet hours end in which this moment lies; no row when they are none. They begin two seconds early:
-- so long may a message be under way that was handed in time.
CREATE FUNCTION kompang.quiet_hours(at timestamptz, zone text, quiet_from time, quiet_until time)
    RETURNS TABLE (ends_at timestamptz) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT (l.local::date + quiet_until
        + CASE WHEN l.is_overnight AND l.local::time >= l.begins THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE zone
    FROM (
        SELECT at AT TIME ZONE zone AS local, quiet_from - interval '2 s' AS begins,
            quiet_from - interval '2 s' > quiet_until AS is_overnight
        WHERE quiet_from IS NOT NULL
    ) l
    WHERE CASE WHEN l.is_overnight THEN l.local::time >= l.begins OR l.local::time < quiet_until
        ELSE l.local::time >= l.begins AND l.local::time < quiet_until END
$$;

-- How long after the quiet hours' end a message goes on: its own place in half an hour, or in what there is
-- between two quiet hours, the same whenever it is asked.
CREATE FUNCTION kompang.quiet_spread(message bigint, quiet_from time, quiet_until time) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(message, 0) & 65535) / 65536.0::float8
        * least(interval '30 min', (quiet_from - quiet_until)
            + CASE WHEN quiet_from < quiet_until THEN interval '1 day' ELSE interval '0' END - interval '2 s');

-- When a person may be written to again, whatever device, campaign or sequence it is; NULL, or past: now.
-- What may have gone counts as gone. A person is one lead of an account, its number is unique there: by hash,
-- a plan made while the table is young might read all leads of the account. A message that waited for more than
-- three weeks before it went is not seen: the look-up is of four weekly partitions or five.
CREATE FUNCTION kompang.person_free(lead bigint, message bigint, daily_cap integer, weekly_cap integer)
    RETURNS TABLE (free_at timestamptz) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT greatest((array_agg(went.at ORDER BY went.at DESC))[daily_cap] + interval '24 hours',
        (array_agg(went.at ORDER BY went.at DESC))[weekly_cap] + interval '168 hours')
    FROM (
        SELECT coalesce(m.sent_at, m.handed_at) AS at
        FROM kompang.message m
        WHERE daily_cap + weekly_cap > 0 AND m.lead_id = lead AND m.id <> message
            AND m.scheduled_at > now() - interval '4 weeks' AND m.scheduled_at <= now() + interval '1 min'
            AND (m.state IN ('handed', 'sent', 'delivered', 'read', 'unknown')
                OR (m.state = 'failed' AND m.reason = 'gave_up'))
    ) went
    WHERE went.at > now() - interval '168 hours'
$$;

-- The most a device may send on the day that is so many days after its first; NULL: no cap.
CREATE FUNCTION kompang.device_cap(daily_cap integer, warmup_start integer, warmup_growth float8, days integer)
    RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN warmup_start > 0
        THEN least(nullif(daily_cap, 0), floor(least(1e6, warmup_start * power(warmup_growth, least(days, 100))))::integer)
        ELSE nullif(daily_cap, 0) END;

GRANT UPDATE (quiet_from, quiet_until, person_daily_cap, person_weekly_cap) ON kompang.account TO kompang_gateway;
