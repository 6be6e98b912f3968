-- A network that lets a number write to the people it has a chat with may refuse that it begins new chats. So a first
-- contact, the message that begins a chat of one device with one person, has rules of its own.

ALTER TABLE kompang.device
    -- The most of them on one day, 0: no cap. While the device warms up, that share of it which the warm-up allows of the daily cap.
    ADD COLUMN first_contact_cap integer NOT NULL DEFAULT 0 CHECK (first_contact_cap BETWEEN 0 AND 100000),
    -- The network refused one: until when the device begins no chat, and how long that is. Its other messages go on.
    ADD COLUMN first_contacts_held_until timestamptz,
    ADD COLUMN first_contacts_hold interval NOT NULL DEFAULT '0 s';

ALTER TABLE kompang.device_pace
    -- What is in flight begins a chat.
    ADD COLUMN is_first_contact boolean NOT NULL DEFAULT false,
    ADD COLUMN first_contacts_on date,
    ADD COLUMN first_contact_count integer NOT NULL DEFAULT 0,
    -- The time that the next first contact gets which is too many today.
    ADD COLUMN first_contact_slot timestamptz;

-- Which device has a chat with which person: the network took a message of the one to the other. Read by each hand, so it is
-- a table: the messages themselves lie in half a year of partitions, of which each would be looked into. No references:
-- they would lock leads after paces.
CREATE TABLE kompang.chat (
    lead_id   bigint NOT NULL,
    device_id integer NOT NULL,
    PRIMARY KEY (lead_id, device_id)
);

-- Whether a message would begin a chat: the network never took one from the device to this person, and the person never
-- wrote to it. A chat of which it is not known whether it began counts as new: that costs a place in a day's cap.
CREATE FUNCTION kompang.begins_chat(lead bigint, device integer) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN NOT EXISTS (SELECT FROM kompang.chat c WHERE c.lead_id = lead AND c.device_id = device)
        AND NOT EXISTS (SELECT FROM kompang.inbound i WHERE i.lead_id = lead AND i.device_id = device);

-- As before, and the chat: whichever statement of whichever version learns that a message was sent.
CREATE OR REPLACE FUNCTION kompang.count_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_sent    boolean := OLD.state IN ('sent', 'delivered', 'read');
    had_arrived boolean := OLD.state IN ('delivered', 'read');
    sent_at     timestamptz := CASE WHEN was_sent THEN OLD.sent_at ELSE NEW.sent_at END;
BEGIN
    INSERT INTO kompang.delivery_change (step_id, device_id, sent_from, sent, delivered, read)
    VALUES (
        CASE WHEN NEW.campaign_id IS NULL THEN NEW.step_id END,
        CASE WHEN sent_at IS NOT NULL AND NEW.id > (SELECT c.hashed_message_id FROM kompang.cluster c) THEN NEW.device_id END,
        date_bin('10 min', coalesce(sent_at, NEW.scheduled_at), timestamptz '2020-01-01 00:00+00'),
        (NOT was_sent)::integer,
        (NEW.state <> 'sent' AND NOT had_arrived)::integer,
        (NEW.state = 'read' AND OLD.state <> 'read')::integer);
    IF NOT was_sent THEN
        INSERT INTO kompang.chat (lead_id, device_id) VALUES (NEW.lead_id, NEW.device_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

-- The chats that there are. One that begins while this runs may be missed: it costs a place in a day's cap, once.
INSERT INTO kompang.chat (lead_id, device_id)
SELECT DISTINCT lead_id, device_id FROM kompang.message WHERE state IN ('sent', 'delivered', 'read')
ON CONFLICT DO NOTHING;

-- The most chats that a device may begin on the day that is so many days after its first; NULL: no cap.
CREATE FUNCTION kompang.first_contact_cap(cap integer, daily_cap integer, warmup_start integer, warmup_growth float8, days integer)
    RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN cap = 0 THEN NULL
        WHEN warmup_start > 0 AND daily_cap > 0
            THEN greatest(1, (cap::bigint * kompang.device_cap(daily_cap, warmup_start, warmup_growth, days) / daily_cap)::integer)
        ELSE least(cap, kompang.device_cap(daily_cap, warmup_start, warmup_growth, days)) END;

-- When a first contact gets its turn that may not go today: the days ahead are dealt out, a place after the other, so
-- that a long queue is not looked at anew each day. After a week the places begin again with tomorrow, because what
-- had one may have ended.
CREATE FUNCTION kompang.first_contact_turn(slot timestamptz, tomorrow timestamptz, held_until timestamptz)
    RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN slot > greatest(tomorrow, held_until) AND slot < greatest(tomorrow, held_until) + interval '7 days'
        THEN slot ELSE greatest(tomorrow, held_until) END;

-- The places of a device from a time on, for a week, at most so many: spread evenly over each day, as many as its cap of that
-- day allows. Without a cap there are none.
CREATE FUNCTION kompang.first_contact_places(cap integer, daily_cap integer, warmup_start integer, warmup_growth float8,
    first_sent_on date, zone text, begins_at timestamptz, most integer) RETURNS timestamptz[]
    LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT spot.at
        FROM generate_series(0, 7) AS days (later)
        CROSS JOIN LATERAL (SELECT (begins_at AT TIME ZONE zone)::date + days.later AS on_day) one
        CROSS JOIN LATERAL (SELECT one.on_day::timestamp AT TIME ZONE zone AS midnight,
            kompang.first_contact_cap(cap, daily_cap, warmup_start, warmup_growth,
                coalesce(one.on_day - first_sent_on, 0)) AS places) day
        CROSS JOIN LATERAL (SELECT greatest(0,
            ceil(extract(epoch FROM begins_at - day.midnight) * day.places / 86400))::integer AS place) first
        CROSS JOIN LATERAL generate_series(first.place, least(day.places, first.place + most) - 1) AS own (number)
        CROSS JOIN LATERAL (SELECT day.midnight + make_interval(secs => 86400.0 * own.number / day.places) AS at) spot
        WHERE spot.at < begins_at + interval '7 days'
        ORDER BY spot.at LIMIT most) $$;

GRANT UPDATE (first_contact_cap) ON kompang.device TO kompang_gateway;
GRANT UPDATE (first_contacts_held_until, first_contacts_hold) ON kompang.device TO kompang_dispatch;
-- An operator may end the hold.
GRANT UPDATE (first_contacts_held_until) ON kompang.device TO kompang_gateway;
GRANT UPDATE (first_contacts_on, first_contact_count, first_contact_slot) ON kompang.device_pace TO kompang_gateway;
GRANT SELECT, INSERT ON kompang.chat TO kompang_gateway, kompang_enrollment, kompang_dispatch;
