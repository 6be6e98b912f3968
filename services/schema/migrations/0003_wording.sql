-- How an account speaks, and which of its words each message was written with, so that a text is
-- rendered again exactly although the account has changed its words since.

-- Immutable: another wording is another row. A document is complete, so that later defaults of the
-- product change no text that was sent:
-- {"greetings": [{"text": "{Hi|Hello} {name}", "weight": 1, "language": "en", "period": "morning"}],
--  "fallback": "Cik", "footer": "Reply STOP to stop",
--  "variation": {"level": "natural", "full_stop": 0.3, "comma": 0.2, "space": 0.4, "greeting_case": 0.2}}
-- `language` may be empty (any); `period` is any, morning, afternoon or evening; `level` none or natural.
CREATE TABLE kompang.wording (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES kompang.account,
    document   jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE kompang.account
    -- NULL: the product's own.
    ADD COLUMN wording_id integer REFERENCES kompang.wording,
    -- A tag of BCP 47, of leads that have none; empty: not known.
    ADD COLUMN language text NOT NULL DEFAULT '',
    -- Grows with every change; the etag.
    ADD COLUMN version integer NOT NULL DEFAULT 1;

ALTER TABLE kompang.lead
    -- A tag of BCP 47; empty: the account's.
    ADD COLUMN language text NOT NULL DEFAULT '',
    -- An IANA zone; empty: the account's.
    ADD COLUMN timezone text NOT NULL DEFAULT '';

-- The hand reckons in these zones, many leads a statement: one that Postgres does not know (22023) must
-- not get in. NOT VALID: no row of today has one, and there may be millions.
ALTER TABLE kompang.lead ADD CONSTRAINT lead_timezone
    CHECK (CASE WHEN timezone <> '' THEN timestamptz 'epoch' AT TIME ZONE timezone IS NOT NULL ELSE true END) NOT VALID;
ALTER TABLE kompang.account ADD CONSTRAINT account_timezone
    CHECK (timestamptz 'epoch' AT TIME ZONE timezone IS NOT NULL);

-- What a step says otherwise than its account. NULL: as the account; no greetings ([]): none at all.
ALTER TABLE kompang.sequence_step
    ADD COLUMN greetings jsonb CHECK (jsonb_typeof(greetings) = 'array'),
    ADD COLUMN variation text CHECK (variation IN ('none', 'natural'));

-- The text of a message is settled by its hand: `wording_id` (NULL: the product's own) and `handed_at`, by
-- which the lead's time of day is known. Both stay for every attempt that may be a repeat; an attempt that
-- certainly did not go takes `handed_at` back, and the next one speaks anew.
ALTER TABLE kompang.message
    ADD COLUMN wording_id integer,
    -- Handed more than once with this text, so no later failure can make certain that it never went.
    ADD COLUMN is_settled boolean NOT NULL DEFAULT false;

-- The key of the draws that make one text of many: the same for all who render, for the life of a cluster.
CREATE FUNCTION kompang.text_key(cluster uuid) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to('text:' || cluster::text, 'UTF8'));

GRANT SELECT, INSERT ON kompang.wording TO kompang_gateway;
GRANT UPDATE (display_name, timezone, language, wording_id, version) ON kompang.account TO kompang_gateway;
GRANT SELECT ON kompang.wording TO kompang_dispatch;
GRANT UPDATE (wording_id, is_settled) ON kompang.message TO kompang_dispatch;
