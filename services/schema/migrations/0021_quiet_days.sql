-- Weekdays and days without messages beside the quiet hours, with one definition of both; and lateness that counts
-- from the start of a campaign.

ALTER TABLE kompang.campaign_lead
    -- When the plan would have had the message sent, where it could be written only later; lateness counts from
    -- here. NULL: from scheduled_at.
    ADD COLUMN meant_at timestamptz;
GRANT SELECT ON kompang.campaign_lead TO kompang_dispatch;

ALTER TABLE kompang.account
    -- Bit 0 is Monday, bit 6 Sunday. One day of a week is always left.
    ADD COLUMN quiet_weekdays smallint NOT NULL DEFAULT 0 CHECK (quiet_weekdays BETWEEN 0 AND 126),
    -- Whose public holidays are quiet: a country or a part of one, `MY`, `MY-10`.
    ADD COLUMN holiday_regions text[] NOT NULL DEFAULT '{}',
    -- All days that are quiet, in order: those of account_quiet_days. The hand reads them with the account.
    ADD COLUMN quiet_days date[] NOT NULL DEFAULT '{}';

-- Of two years ahead, written anew each day: some holidays are moved, and of some the date is an estimate until
-- shortly before.
CREATE TABLE kompang.public_holiday (
    region       text NOT NULL,
    day          date NOT NULL,
    name         text NOT NULL,
    is_estimated boolean NOT NULL DEFAULT false,
    PRIMARY KEY (region, day)
);

-- The days that an account added, and the public holidays on which it works.
CREATE TABLE kompang.account_day (
    account_id integer NOT NULL REFERENCES kompang.account,
    day        date NOT NULL,
    name       text NOT NULL DEFAULT '',
    is_quiet   boolean NOT NULL,
    PRIMARY KEY (account_id, day)
);

-- The quiet days of an account with what they are; `region` is empty for its own.
CREATE FUNCTION kompang.account_quiet_days(account integer)
    RETURNS TABLE (day date, name text, is_estimated boolean, region text)
    LANGUAGE sql STABLE AS $$
    SELECT own.day, own.name, false, '' FROM kompang.account_day own WHERE own.account_id = account AND own.is_quiet
    UNION ALL
    (SELECT DISTINCT ON (h.day) h.day, h.name, h.is_estimated, h.region
    FROM kompang.account a JOIN kompang.public_holiday h ON h.region = ANY (a.holiday_regions)
    WHERE a.id = account
        AND NOT EXISTS (SELECT FROM kompang.account_day own WHERE own.account_id = account AND own.day = h.day)
    ORDER BY h.day, h.is_estimated, h.region)
$$;

-- A time on the clocks of a zone may be two moments, or none: where clocks go back they show it twice, where they
-- go forward they leave it out. AT TIME ZONE is the latest moment that can be meant; this is the earliest.
CREATE FUNCTION kompang.earliest_at(local timestamp, zone text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    latest timestamptz := local AT TIME ZONE zone;
    shown timestamp := latest AT TIME ZONE zone;
    -- By how much the clocks were ahead three hours before: no change that is made today is longer.
    ahead interval;
BEGIN
    IF shown > local THEN
        -- (In UTC, where a day is 24 hours whatever the zone of the session.)
        RETURN (latest AT TIME ZONE 'UTC' - (shown - local)) AT TIME ZONE 'UTC';
    END IF;
    ahead := (latest - interval '3 h') AT TIME ZONE zone - (local - interval '3 h');
    IF ahead > interval '0' AND (latest - ahead) AT TIME ZONE zone = local THEN
        RETURN latest - ahead;
    END IF;
    RETURN latest;
END $$;

-- Monday is bit 0, and so was the first day of the calendar.
CREATE FUNCTION kompang.is_quiet_day(day date, weekdays integer, days date[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (weekdays >> (day - date '0001-01-01') % 7) & 1 = 1 OR day = ANY (days);

-- What is quiet between two moments, by the clocks of one zone: at most so many spells, the first that ends after
-- `begins` and those that begin by `until`, in order and apart from each other. The hand, the plan of a campaign, its
-- forecast and the explanation of a message all ask here.
--
-- The quiet hours of a day begin at the earliest moment that is meant and end at the latest, so that a person for whom
-- it may be night is left alone; they begin two seconds early, because so long may a message be under way that was
-- handed in time. A quiet day is the whole of it, likewise. What touches is one spell: a night before a holiday
-- that is followed by another night ends in the morning after that.
CREATE FUNCTION kompang.quiet_spells(
    begins timestamptz, until timestamptz, most integer, zone text,
    quiet_from time, quiet_until time, weekdays integer, days date[]
) RETURNS TABLE (begins_at timestamptz, ends_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
DECLARE
    early CONSTANT interval := '2 s';
    has_hours CONSTANT boolean := quiet_from IS NOT NULL;
    ends_tomorrow CONSTANT integer := CASE WHEN quiet_from > quiet_until THEN 1 ELSE 0 END;
    days_to CONSTANT date := days[cardinality(days)];
    local_day CONSTANT date := (begins AT TIME ZONE zone)::date;
    -- A night may have begun the day before, or two where clocks have left out a day.
    day date := local_day - 2;
    last_day date := (until AT TIME ZONE zone)::date + 1;
    span_begins timestamptz;
    span_ends timestamptz;
    found integer := 0;
BEGIN
    IF NOT has_hours AND weekdays = 0 THEN
        IF days_to IS NULL THEN
            RETURN;
        END IF;
        last_day := least(last_day, days_to);
    END IF;
    WHILE day <= last_day LOOP
        span_begins := NULL;
        span_ends := NULL;
        IF kompang.is_quiet_day(day, weekdays, days) THEN
            span_begins := kompang.earliest_at(day::timestamp, zone) - early;
            span_ends := (day + 1)::timestamp AT TIME ZONE zone;
        END IF;
        IF has_hours THEN
            span_begins := least(span_begins, kompang.earliest_at(day + quiet_from, zone) - early);
            span_ends := greatest(span_ends, (day + ends_tomorrow + quiet_until) AT TIME ZONE zone);
        END IF;
        IF ends_at IS NULL THEN
            EXIT WHEN span_begins > until;
            IF span_ends > begins THEN
                begins_at := span_begins;
                ends_at := span_ends;
            END IF;
        ELSIF span_begins <= ends_at THEN
            begins_at := least(begins_at, span_begins);
            ends_at := greatest(ends_at, span_ends);
        ELSIF span_begins IS NOT NULL THEN
            RETURN NEXT;
            found := found + 1;
            IF found = most OR span_begins > until THEN
                RETURN;
            END IF;
            begins_at := span_begins;
            ends_at := span_ends;
        END IF;
        day := day + 1;
        -- What began in time is followed to its end.
        last_day := greatest(last_day, (ends_at AT TIME ZONE zone)::date + 1);
    END LOOP;
    IF ends_at IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END $$;

-- For how long after a spell its messages go on: half an hour, or what there is between two quiet hours.
CREATE FUNCTION kompang.quiet_spread_most(quiet_from time, quiet_until time) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN least(interval '30 min', (quiet_from - quiet_until)
        + CASE WHEN quiet_from < quiet_until THEN interval '1 day' ELSE interval '0' END - interval '2 s');
CREATE OR REPLACE FUNCTION kompang.quiet_spread(message bigint, quiet_from time, quiet_until time) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(message, 0) & 65535) / 65536.0::float8
        * kompang.quiet_spread_most(quiet_from, quiet_until);

-- When the spell ends in which this moment lies; NULL when it lies in none. The clock alone tells that a moment is not
-- quiet where no clocks change within a day of it: nearly always, and a twentieth of the work. A function that
-- returns a table is inlined in the statement that asks, and planned with it.
CREATE FUNCTION kompang.quiet_hours(
    at timestamptz, zone text, quiet_from time, quiet_until time, weekdays integer, days date[]
) RETURNS TABLE (ends_at timestamptz) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT CASE
        WHEN quiet_from IS NULL AND weekdays = 0 AND days = '{}' THEN NULL
        WHEN CASE WHEN quiet_from > quiet_until
                THEN soon.local::time >= quiet_from OR soon.local::time < quiet_until + interval '2 s'
                ELSE soon.local::time >= quiet_from AND soon.local::time < quiet_until + interval '2 s' END
            OR kompang.is_quiet_day(soon.local::date, weekdays, days)
            OR kompang.is_quiet_day((soon.local - interval '2 s')::date, weekdays, days)
            OR (at - interval '26 h') AT TIME ZONE zone <> soon.local - interval '26 h 2 s'
            OR (at + interval '26 h') AT TIME ZONE zone <> soon.local + interval '25 h 59 min 58 s'
        THEN (SELECT s.ends_at FROM kompang.quiet_spells(at, at, 1, zone, quiet_from, quiet_until, weekdays, days) s)
        END
    FROM (SELECT (at + interval '2 s') AT TIME ZONE zone AS local) soon
$$;
-- For processes of the version before, while they are replaced.
CREATE OR REPLACE FUNCTION kompang.quiet_hours(at timestamptz, zone text, quiet_from time, quiet_until time)
    RETURNS TABLE (ends_at timestamptz) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT s.ends_at FROM kompang.quiet_spells(at, at, 1, zone, quiet_from, quiet_until, 0, '{}') s
$$;

-- The spans in which a device may send so many messages of a campaign that begins at `anchor`, one each gap: none in
-- the quiet hours and days of the account, none beyond the cap of a day (its own, or what the warm-up has come to).
-- Behind quiet hours each device opens at its own place in half an hour. Leads elsewhere have other nights: those are the
-- hand's. After 730 days the last span takes what is left, because nothing may be planned further ahead.
CREATE OR REPLACE FUNCTION kompang.campaign_windows(device integer, anchor timestamptz, gap_s float8, leads bigint)
    RETURNS TABLE (opens timestamptz[], firsts bigint[])
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    rules record;
    moment timestamptz := anchor;
    day date;
    quiet record;
    midnight timestamptz;
    closes timestamptz;
    first_day date;
    used_on date;
    used bigint;
    room bigint;
    k bigint := 0;
BEGIN
    SELECT a.timezone, a.quiet_from, a.quiet_until, a.quiet_weekdays, a.quiet_days,
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
        -- The spell in which it lies, or the next one.
        FOR i IN 1..2 LOOP
            SELECT * INTO quiet FROM kompang.quiet_spells(moment, anchor + interval '732 days', 1, rules.timezone,
                rules.quiet_from, rules.quiet_until, rules.quiet_weekdays, rules.quiet_days);
            EXIT WHEN i = 2 OR quiet.begins_at IS NULL OR quiet.begins_at > moment;
            moment := greatest(quiet.ends_at, moment + interval '1 s')
                + kompang.quiet_spread(device, rules.quiet_from, rules.quiet_until);
        END LOOP;
        day := (moment AT TIME ZONE rules.timezone)::date;
        first_day := coalesce(first_day, day);
        IF used_on IS DISTINCT FROM day THEN
            used_on := day;
            used := 0;
        END IF;
        midnight := (day + 1)::timestamp AT TIME ZONE rules.timezone;
        room := kompang.device_cap(rules.daily_cap, rules.warmup_start, rules.warmup_growth, day - first_day) - used;
        closes := least(CASE WHEN room IS NOT NULL THEN midnight END, quiet.begins_at);
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

GRANT UPDATE (quiet_weekdays, holiday_regions, quiet_days) ON kompang.account TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON kompang.public_holiday, kompang.account_day TO kompang_gateway;
