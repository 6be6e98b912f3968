-- The whole of the first schema. Words as in docs/design.md; forward only from here on.

CREATE SCHEMA kompang;

-- One row: what is fixed for the life of a cluster. `id` salts the ids on the wire.
CREATE TABLE kompang.cluster (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    shard_count smallint NOT NULL CHECK (shard_count BETWEEN 1 AND 1024)
);

CREATE TABLE kompang.account (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug         text NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9-]{0,62}$'),
    display_name text NOT NULL DEFAULT '',
    -- Days (caps, quiet hours) are counted in this IANA zone.
    timezone     text NOT NULL DEFAULT 'UTC',
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE kompang.api_key (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  integer NOT NULL REFERENCES kompang.account,
    -- The public half of the key, by which it is found; the secret half is kept only as SHA-256.
    public_id   text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    scopes      text[] NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    revoked_at  timestamptz
);

CREATE TABLE kompang.device (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES kompang.account,
    display_name text NOT NULL DEFAULT '',
    phone        text NOT NULL,
    transport    text NOT NULL DEFAULT 'simulated' CHECK (transport IN ('simulated', 'neonize')),
    shard        smallint NOT NULL,
    min_delay    interval NOT NULL DEFAULT '5 s',
    max_delay    interval NOT NULL DEFAULT '15 s',
    daily_cap    integer NOT NULL DEFAULT 0 CHECK (daily_cap >= 0),
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'held', 'parked')),
    state_reason text NOT NULL DEFAULT '',
    held_until   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, phone),
    CHECK (min_delay >= '0 s' AND max_delay >= min_delay),
    CHECK ((state = 'held') = (held_until IS NOT NULL))
);
CREATE INDEX device_shard ON kompang.device (shard);

-- The hot half of a device: what each hand and each outcome changes. `in_flight_id` is the device-wide
-- lock: at most one message of a device is handed, whoever hands.
CREATE TABLE kompang.device_pace (
    device_id    integer PRIMARY KEY REFERENCES kompang.device,
    in_flight_id bigint,
    in_flight_at timestamptz,
    last_sent_at timestamptz,
    sent_on      date,
    sent_count   integer NOT NULL DEFAULT 0,
    -- Nothing of this device scheduled before this is pending: where the due scan starts.
    cursor_at    timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.5);

CREATE TABLE kompang.lead (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES kompang.account,
    phone        text NOT NULL,
    -- SHA-256 of account and number: what suppression knows a person by, also after erasure.
    phone_hash   bytea NOT NULL,
    display_name text NOT NULL DEFAULT '',
    trigger      text NOT NULL DEFAULT '',
    device_id    integer NOT NULL REFERENCES kompang.device,
    attributes   jsonb NOT NULL DEFAULT '{}',
    -- When the newest permission was given; its evidence is in `consent`. NULL: never enrolled.
    consent_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, phone)
);
CREATE INDEX lead_trigger ON kompang.lead (account_id, trigger, device_id, id) WHERE trigger <> '';
CREATE INDEX lead_listed ON kompang.lead (account_id, id);
CREATE INDEX lead_phone_hash ON kompang.lead (account_id, phone_hash);

CREATE TABLE kompang.consent (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id     bigint NOT NULL REFERENCES kompang.lead,
    source      text NOT NULL,
    wording     text NOT NULL DEFAULT '',
    granted_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (lead_id, granted_at, source, wording)
);

-- Keyed by the hash, with no link to a lead, so that it outlives deletion and beats a new import.
CREATE TABLE kompang.suppression (
    account_id integer NOT NULL REFERENCES kompang.account,
    phone_hash bytea NOT NULL,
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, phone_hash)
);

CREATE TABLE kompang.sequence (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES kompang.account,
    slug         text NOT NULL,
    display_name text NOT NULL DEFAULT '',
    trigger      text NOT NULL DEFAULT '',
    next_id      integer REFERENCES kompang.sequence,
    is_active    boolean NOT NULL DEFAULT false,
    -- The revision of sequence_step that new enrollments take.
    revision     integer NOT NULL DEFAULT 0,
    -- Grows with every change; the etag.
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, slug)
);
CREATE INDEX sequence_trigger ON kompang.sequence (is_active, trigger);

-- Immutable: a change of a sequence's steps writes a new revision, and messages keep the step they
-- were written for, so that a text can be rendered again exactly.
CREATE TABLE kompang.sequence_step (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence_id integer NOT NULL REFERENCES kompang.sequence,
    revision    integer NOT NULL,
    position    smallint NOT NULL CHECK (position >= 1),
    "offset"    interval NOT NULL CHECK ("offset" >= '0 s'),
    text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 4096),
    UNIQUE (sequence_id, revision, position)
);

-- One lead through one chain, counted in rounds (a re-entry is a new round). The unique key is what
-- makes enrollment exactly once; the messages hang on it and need no key of their own.
CREATE TABLE kompang.enrollment (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    integer NOT NULL,
    sequence_id   integer NOT NULL REFERENCES kompang.sequence,
    lead_id       bigint NOT NULL REFERENCES kompang.lead,
    round         smallint NOT NULL DEFAULT 1,
    message_count smallint NOT NULL,
    state         text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'finished', 'stopped')),
    reason        text NOT NULL DEFAULT '',
    -- W3C trace context: the head of the lead's trace.
    traceparent   text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    UNIQUE (sequence_id, lead_id, round)
) WITH (fillfactor = 85);
CREATE INDEX enrollment_listed ON kompang.enrollment (account_id, id);
CREATE INDEX enrollment_lead ON kompang.enrollment (lead_id);

-- The place of campaigns: what the hand asks of one.
CREATE TABLE kompang.campaign (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES kompang.account,
    display_name text NOT NULL DEFAULT '',
    state        text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'running', 'paused', 'finished', 'cancelled')),
    -- NULL: the device's own.
    min_delay    interval,
    max_delay    interval,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The diagram of these states is in services/dispatch/state.py; a test compares the two.
CREATE TYPE kompang.message_state AS ENUM (
    'pending', 'handed', 'sent', 'delivered', 'read',
    'failed', 'cancelled', 'suppressed', 'expired', 'unknown'
);

-- Narrow: no text, no index on a column that changes, so that a hand and an outcome are HOT updates.
-- No foreign keys: they would cost half of the write rate, and the writers join what they refer to.
CREATE TABLE kompang.message (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    lead_id       bigint NOT NULL,
    enrollment_id bigint,
    step_id       bigint,
    -- When it is due; never changes (it is the partition key). A retry waits on not_before.
    scheduled_at  timestamptz NOT NULL,
    account_id    integer NOT NULL,
    device_id     integer NOT NULL,
    campaign_id   integer,
    state         kompang.message_state NOT NULL DEFAULT 'pending',
    position      smallint NOT NULL DEFAULT 1,
    attempts      smallint NOT NULL DEFAULT 0,
    epoch         bigint,
    not_before    timestamptz,
    handed_at     timestamptz,
    sent_at       timestamptz,
    text_hash     bytea,
    reason        text,
    PRIMARY KEY (id, scheduled_at)
) PARTITION BY RANGE (scheduled_at);
CREATE INDEX message_due ON kompang.message (device_id, scheduled_at, id);
CREATE INDEX message_lead ON kompang.message (lead_id, scheduled_at);

-- The id on the wire: derived from the message alone, so that every attempt, on every host, uses the
-- same one. Shaped like the ids of WhatsApp's own web client.
CREATE FUNCTION kompang.wire_id(cluster uuid, message bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '3EB0' || upper(substr(encode(sha256(convert_to(cluster::text || ':' || message::text, 'UTF8')), 'hex'), 1, 18));

-- One process's life as a shard host. Its leases last while its term does; the stream that renewed it
-- last is the only one through which its messages are handed.
CREATE TABLE kompang.host (
    incarnation    uuid PRIMARY KEY,
    host_id        text NOT NULL,
    consul_session text NOT NULL,
    stream         bigint NOT NULL,
    expires_at     timestamptz NOT NULL,
    attached_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 30);

-- Who may send for a shard: the incarnation, under the epoch, while its term lasts.
CREATE TABLE kompang.shard_lease (
    shard       smallint PRIMARY KEY,
    epoch       bigint NOT NULL DEFAULT 0,
    incarnation uuid
) WITH (fillfactor = 50);

-- What happened, in the order of commits: readers take rows whose transaction is older than every
-- one still open, so that none is passed over.
CREATE TABLE kompang.event (
    xid           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id            bigint GENERATED ALWAYS AS IDENTITY,
    at            timestamptz NOT NULL DEFAULT now(),
    account_id    integer NOT NULL,
    type          text NOT NULL
        CHECK (type IN ('message_changed', 'device_changed', 'lead_enrolled', 'lead_suppressed')),
    message_id    bigint,
    lead_id       bigint,
    device_id     integer,
    sequence_id   integer,
    state         text,
    reason        text
) PARTITION BY RANGE (at);
CREATE INDEX event_order ON kompang.event (account_id, xid, id);

-- The result of each mutation by its request_id, written in the mutation's own transaction.
CREATE TABLE kompang.request (
    account_id   integer NOT NULL REFERENCES kompang.account,
    request_id   uuid NOT NULL,
    method       text NOT NULL,
    request_hash bytea NOT NULL,
    response     bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, request_id)
);
CREATE INDEX request_age ON kompang.request (created_at);

CREATE TABLE kompang.audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL,
    api_key_id integer,
    at         timestamptz NOT NULL DEFAULT now(),
    method     text NOT NULL,
    resource   text NOT NULL DEFAULT '',
    request_id uuid
);
CREATE INDEX audit_account ON kompang.audit (account_id, at);

-- Makes the weekly partitions (Monday to Monday, UTC) of `message` and `event` that cover a range.
-- SECURITY DEFINER: the services that write may make partitions, and nothing else of the kind.
CREATE FUNCTION kompang.ensure_partitions(range_start timestamptz, range_end timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- A week is 168 hours, also where the server's own zone changes its clocks.
    SET timezone = 'UTC' AS $$
DECLARE
    week timestamptz := date_trunc('week', range_start, 'UTC');
    base text;
    part text;
    made integer := 0;
BEGIN
    IF range_end > now() + interval '800 days' OR range_start < now() - interval '800 days' THEN
        RAISE EXCEPTION 'partitions may only be made for dates within 800 days of now';
    END IF;
    WHILE week <= range_end LOOP
        FOREACH base IN ARRAY ARRAY['message', 'event'] LOOP
            part := base || '_' || to_char(week AT TIME ZONE 'UTC', 'IYYY"w"IW');
            IF to_regclass('kompang.' || part) IS NULL THEN
                -- Two callers may want the same week: the second waits here and finds it made.
                PERFORM pg_advisory_xact_lock(hashtext('kompang.ensure_partitions'));
                IF to_regclass('kompang.' || part) IS NULL THEN
                    -- Made apart, then attached: PARTITION OF would wait for every open transaction on the
                    -- table (a backup holds one for hours), and everybody else would wait behind it.
                    EXECUTE format(
                        'CREATE TABLE kompang.%I (LIKE kompang.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) %s',
                        part, base, CASE base WHEN 'message' THEN 'WITH (fillfactor = 80)' ELSE '' END);
                    EXECUTE format(
                        'ALTER TABLE kompang.%I ATTACH PARTITION kompang.%I FOR VALUES FROM (%L) TO (%L)',
                        base, part, week, week + interval '7 days');
                    made := made + 1;
                END IF;
            END IF;
        END LOOP;
        week := week + interval '7 days';
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION kompang.ensure_partitions FROM PUBLIC;

-- One role a process, with only the rights it needs. Roles belong to the whole server, so they may
-- be there already; how they log in is the operator's to set.
DO $$
DECLARE
    process text;
BEGIN
    FOREACH process IN ARRAY ARRAY['kompang_gateway', 'kompang_enrollment', 'kompang_dispatch'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = process) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', process);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server was migrated at the same moment
            END;
        END IF;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA kompang TO kompang_gateway, kompang_enrollment, kompang_dispatch;
GRANT SELECT ON kompang.cluster TO kompang_gateway, kompang_enrollment, kompang_dispatch;

GRANT SELECT ON kompang.account, kompang.api_key, kompang.enrollment, kompang.campaign, kompang.message,
    kompang.host, kompang.shard_lease, kompang.event TO kompang_gateway;
GRANT SELECT, INSERT ON kompang.device, kompang.device_pace, kompang.consent, kompang.suppression,
    kompang.sequence_step, kompang.audit TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE ON kompang.lead, kompang.sequence, kompang.request TO kompang_gateway;
GRANT DELETE ON kompang.request TO kompang_gateway;
GRANT INSERT ON kompang.event TO kompang_gateway;
GRANT UPDATE (state, reason) ON kompang.message TO kompang_gateway;
GRANT UPDATE (state, reason, ended_at) ON kompang.enrollment TO kompang_gateway;
GRANT EXECUTE ON FUNCTION kompang.ensure_partitions TO kompang_gateway, kompang_enrollment, kompang_dispatch;

GRANT SELECT ON kompang.account, kompang.device, kompang.lead, kompang.suppression, kompang.sequence,
    kompang.sequence_step TO kompang_enrollment;
-- FOR UPDATE SKIP LOCKED on leads needs a right to update one column.
GRANT UPDATE (updated_at) ON kompang.lead TO kompang_enrollment;
GRANT SELECT, INSERT ON kompang.enrollment, kompang.message TO kompang_enrollment;
GRANT INSERT ON kompang.event TO kompang_enrollment;

GRANT SELECT ON kompang.account, kompang.device, kompang.lead, kompang.suppression, kompang.campaign,
    kompang.sequence_step, kompang.enrollment, kompang.message TO kompang_dispatch;
GRANT UPDATE (state, state_reason, held_until, updated_at) ON kompang.device TO kompang_dispatch;
GRANT SELECT, UPDATE ON kompang.device_pace, kompang.shard_lease TO kompang_dispatch;
GRANT SELECT, INSERT, UPDATE, DELETE ON kompang.host TO kompang_dispatch;
GRANT UPDATE (state, attempts, epoch, not_before, handed_at, sent_at, text_hash, reason)
    ON kompang.message TO kompang_dispatch;
GRANT UPDATE (state, reason, ended_at) ON kompang.enrollment TO kompang_dispatch;
GRANT INSERT ON kompang.event TO kompang_dispatch;
