-- Where clocks leave out midnight (Cairo, Beirut, Havana, Santiago, the Azores), a quiet day may begin before the quiet
-- hours of the evening before it do. So the first spell that begins too late is not the end: the next day's may begin
-- earlier. Else the hand, which asks about one moment, sends in an hour that plan, forecast and explanation call quiet.
CREATE OR REPLACE FUNCTION kompang.quiet_spells(
    begins timestamptz, until timestamptz, most integer, zone text,
    quiet_from time, quiet_until time, weekdays integer, days date[]
) RETURNS TABLE (begins_at timestamptz, ends_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
DECLARE
    early CONSTANT interval := '2 s';
    -- No clocks go forward by more.
    most_out_of_order CONSTANT interval := '3 h';
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
            EXIT WHEN span_begins > until + most_out_of_order;
            IF span_begins <= until AND span_ends > begins THEN
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
