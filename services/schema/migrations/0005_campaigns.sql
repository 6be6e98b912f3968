-- Campaigns: one text for an audience, one message a lead.

-- The diagram of these states is in gateway/campaigns/state.py; a test compares the two.
ALTER TABLE kompang.campaign DROP CONSTRAINT campaign_state_check;
ALTER TABLE kompang.campaign ADD CONSTRAINT campaign_state_check CHECK (
    state IN ('draft', 'scheduled', 'launching', 'running', 'paused', 'finished', 'cancelled'));

ALTER TABLE kompang.campaign
    -- Of the draft; a launch makes it a step, which never changes.
    ADD COLUMN text text NOT NULL DEFAULT '',
    ADD COLUMN step_id bigint,
    -- NULL: as the account's wording says.
    ADD COLUMN variation text CHECK (variation IN ('none', 'natural')),
    ADD COLUMN on_late text NOT NULL DEFAULT 'send' CHECK (on_late IN ('send', 'drop', 'shift')),
    -- With `drop`: what is later than this is not sent any more.
    ADD COLUMN late_after interval NOT NULL DEFAULT '1 h' CHECK (late_after >= '0 s'),
    -- With `shift`: by how much everything that is left is later than planned.
    ADD COLUMN shift interval NOT NULL DEFAULT '0 s',
    -- The audience as it was written, and as `lead_matches` asks it. NULL: everybody.
    ADD COLUMN filter text NOT NULL DEFAULT '',
    ADD COLUMN filter_path jsonpath,
    ADD COLUMN filter_values jsonb NOT NULL DEFAULT '{}',
    -- How many leads were named, twice named counted twice; NULL for an audience by filter.
    ADD COLUMN listed_count integer,
    -- When it is to begin, and the zone in which that was said, for people.
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN timezone text NOT NULL DEFAULT '',
    -- When writing its messages began: the plan counts from here.
    ADD COLUMN anchor_at timestamptz,
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN ended_at timestamptz,
    -- Grows with every change; the etag.
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD CHECK (min_delay >= '0 s' AND max_delay >= min_delay),
    ADD CHECK ((min_delay IS NULL) = (max_delay IS NULL));
CREATE INDEX campaign_listed ON kompang.campaign (account_id, id);
-- What enrollment looks after, and what the due scan passes over: few, however many there were.
CREATE INDEX campaign_open ON kompang.campaign (state, starts_at)
    WHERE state IN ('scheduled', 'launching', 'running', 'paused');
CREATE INDEX campaign_shifted ON kompang.campaign (id) WHERE state = 'running' AND shift > '0 s';

ALTER TABLE kompang.sequence_step ALTER COLUMN sequence_id DROP NOT NULL;
ALTER TABLE kompang.sequence_step ADD COLUMN campaign_id integer REFERENCES kompang.campaign;
ALTER TABLE kompang.sequence_step ADD CHECK ((sequence_id IS NULL) <> (campaign_id IS NULL));

-- The leads of an audience that was given as a list.
CREATE TABLE kompang.campaign_listed_lead (
    campaign_id integer NOT NULL REFERENCES kompang.campaign ON DELETE CASCADE,
    lead_id     bigint NOT NULL,
    PRIMARY KEY (campaign_id, lead_id)
);

-- Who got a message of a campaign, and which. The key is what makes a launch exactly once, as that of
-- `enrollment` does for sequences; it is also the only way from a campaign to its messages.
CREATE TABLE kompang.campaign_lead (
    campaign_id  integer NOT NULL,
    device_id    integer NOT NULL,
    lead_id      bigint NOT NULL,
    message_id   bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, lead_id)
);

-- How far the launch of a campaign has come, device by device: whoever holds the row writes the device's
-- messages. gap_s, daily_cap and first_room are the plan's, fixed when the launch began.
CREATE TABLE kompang.campaign_device (
    campaign_id   integer NOT NULL REFERENCES kompang.campaign,
    device_id     integer NOT NULL,
    -- All leads of the device, of the audience or not.
    lead_count    integer NOT NULL,
    gap_s         float8 NOT NULL,
    daily_cap     integer NOT NULL,
    first_room    integer NOT NULL,
    is_parked     boolean NOT NULL,
    lead_cursor   bigint NOT NULL DEFAULT 0,
    is_done       boolean NOT NULL DEFAULT false,
    written       integer NOT NULL DEFAULT 0,
    -- Of the audience, but without a message, by reason.
    no_consent    integer NOT NULL DEFAULT 0,
    suppressed    integer NOT NULL DEFAULT 0,
    device_parked integer NOT NULL DEFAULT 0,
    PRIMARY KEY (campaign_id, device_id)
) WITH (fillfactor = 50);

-- A walk over all messages of a campaign, in pieces: to cancel what is pending, or to retry what failed.
CREATE TABLE kompang.campaign_sweep (
    campaign_id integer PRIMARY KEY REFERENCES kompang.campaign,
    kind        text NOT NULL CHECK (kind IN ('cancel', 'retry')),
    lead_cursor bigint NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- How many messages of a campaign are in each state: the folded counts, and every change since. A change
-- is one row, written by the statement that made it, so that nobody waits for a counter; the sum of both
-- tables is exact in every snapshot.
CREATE TABLE kompang.campaign_count (
    campaign_id integer NOT NULL,
    state       kompang.message_state NOT NULL,
    messages    bigint NOT NULL,
    PRIMARY KEY (campaign_id, state)
) WITH (fillfactor = 50);
CREATE TABLE kompang.campaign_change (
    campaign_id integer NOT NULL,
    old_state   kompang.message_state,
    new_state   kompang.message_state NOT NULL,
    messages    integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX campaign_change_of ON kompang.campaign_change (campaign_id);

CREATE FUNCTION kompang.count_campaign_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kompang.campaign_change (campaign_id, old_state, new_state, messages)
    VALUES (NEW.campaign_id, OLD.state, NEW.state, 1);
    RETURN NULL;
END $$;
-- Whoever changes a state, in whichever statement. The messages of sequences pay for the condition only.
CREATE TRIGGER message_counted AFTER UPDATE OF state ON kompang.message FOR EACH ROW
    WHEN (NEW.campaign_id IS NOT NULL AND OLD.state <> NEW.state)
    EXECUTE FUNCTION kompang.count_campaign_message();

CREATE FUNCTION kompang.campaign_counts(campaign integer)
    RETURNS TABLE (state kompang.message_state, messages bigint)
    LANGUAGE sql STABLE AS $$
    SELECT one.state, sum(one.messages)::bigint FROM (
        SELECT c.state, c.messages FROM kompang.campaign_count c WHERE c.campaign_id = campaign
        UNION ALL
        SELECT c.new_state, c.messages FROM kompang.campaign_change c WHERE c.campaign_id = campaign
        UNION ALL
        SELECT c.old_state, -c.messages FROM kompang.campaign_change c
        WHERE c.campaign_id = campaign AND c.old_state IS NOT NULL
    ) one GROUP BY one.state $$;

-- Whether a lead is of an audience. The filter is no SQL: gateway/campaigns/audience makes of it a
-- jsonpath over this document, with the values apart. What cannot be compared does not match.
CREATE FUNCTION kompang.lead_matches(
    trigger text, device_id integer, created_at timestamptz, attributes jsonb, path jsonpath, filter_values jsonb
) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN path IS NULL OR coalesce(jsonb_path_match(
        jsonb_build_object('trigger', trigger, 'device', device_id, 'attributes', attributes,
            'created', extract(epoch FROM created_at)),
        path, filter_values, true), false);

-- The plan: when the k-th message (from 0) of a campaign through a device is due. The gap is the mean one;
-- with a daily cap, what the first day has no room for goes on from midnight of the next days. Devices are
-- out of step with each other by a part of the gap. The forecast and the launch both ask here; quiet hours
-- belong here too. Nothing is planned further ahead than there may be partitions.
CREATE FUNCTION kompang.campaign_slot(
    anchor timestamptz, device_id integer, k bigint, gap_s float8, daily_cap integer, first_room integer, zone text
) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN least(anchor + interval '730 days', CASE
        WHEN daily_cap = 0 OR k < first_room
            THEN anchor + make_interval(secs => gap_s * (k + mod(device_id * 0.6180339887, 1)::float8))
        ELSE ((anchor AT TIME ZONE zone)::date + 1 + ((k - first_room) / daily_cap)::integer)::timestamp
                AT TIME ZONE zone
            + make_interval(secs => gap_s * ((k - first_room) % daily_cap
                + mod(device_id * 0.6180339887, 1)::float8)) END);

-- A launch, and a forecast, go through the leads of a device in order.
CREATE INDEX lead_device ON kompang.lead (device_id, id);

GRANT INSERT, UPDATE, DELETE ON kompang.campaign TO kompang_gateway;
GRANT SELECT, INSERT, DELETE ON kompang.campaign_listed_lead TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE ON kompang.campaign_sweep TO kompang_gateway;
GRANT SELECT ON kompang.campaign_lead, kompang.campaign_device, kompang.campaign_count, kompang.campaign_change
    TO kompang_gateway, kompang_enrollment;
GRANT INSERT ON kompang.campaign_change TO kompang_gateway, kompang_enrollment, kompang_dispatch;

GRANT SELECT ON kompang.campaign, kompang.campaign_listed_lead TO kompang_enrollment;
GRANT UPDATE (state, anchor_at, shift, ended_at, updated_at, version) ON kompang.campaign TO kompang_enrollment;
GRANT INSERT ON kompang.campaign_lead TO kompang_enrollment;
GRANT INSERT, UPDATE ON kompang.campaign_device, kompang.campaign_count TO kompang_enrollment;
-- A bigger right is needed to lock rows than to delete them.
GRANT SELECT, UPDATE, DELETE ON kompang.campaign_sweep TO kompang_enrollment;
GRANT UPDATE, DELETE ON kompang.campaign_change TO kompang_enrollment;
GRANT USAGE ON SEQUENCE kompang.message_id_seq TO kompang_enrollment;
GRANT UPDATE (state, reason) ON kompang.message TO kompang_enrollment;
GRANT SELECT, UPDATE (cursor_at) ON kompang.device_pace TO kompang_enrollment;
