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

-- Whether this message would begin a chat: the network never took one from the device to this person, and the person never
-- wrote to it. A chat that was silent for longer than half a year may be forgotten, and counts as new: that costs a
-- place in a day's cap. So does a chat of which it is not known whether it began.
CREATE FUNCTION kompang.begins_chat(lead bigint, device integer, message bigint) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN NOT EXISTS (SELECT FROM kompang.message m
            WHERE m.lead_id = lead AND m.device_id = device AND m.id <> message
                AND m.scheduled_at > now() - interval '26 weeks' AND m.scheduled_at <= now() + interval '1 min'
                AND m.state IN ('sent', 'delivered', 'read'))
        AND NOT EXISTS (SELECT FROM kompang.inbound i WHERE i.lead_id = lead AND i.device_id = device);

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

GRANT UPDATE (first_contact_cap) ON kompang.device TO kompang_gateway;
GRANT UPDATE (first_contacts_held_until, first_contacts_hold) ON kompang.device TO kompang_dispatch;
