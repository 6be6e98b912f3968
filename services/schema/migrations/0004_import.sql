-- Imports of leads from files: where each has come to, and the rows that were refused.

-- Two letters of ISO 3166: whose local notation numbers without a country code are in; empty for none.
ALTER TABLE kompang.account ADD COLUMN country text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$');

-- One file under one request_id. `byte_offset` and `line` are a place between two rows: all before it is
-- committed with it, nothing after it is, so whoever goes on there neither loses a row nor repeats one.
CREATE TABLE kompang.import (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   integer NOT NULL REFERENCES kompang.account,
    request_id   uuid NOT NULL,
    -- What may not differ when it goes on: SHA-256 of the options, size and SHA-256 of the head of the file.
    options_hash bytea NOT NULL,
    size         bigint NOT NULL CHECK (size >= 0),
    head_hash    bytea,
    -- How the file is read, decided on its head.
    plan         jsonb,
    byte_offset  bigint NOT NULL DEFAULT 0,
    line         bigint NOT NULL DEFAULT 0,
    counts       jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    UNIQUE (account_id, request_id)
) WITH (fillfactor = 50);
CREATE INDEX import_age ON kompang.import (created_at);

CREATE TABLE kompang.import_error (
    import_id bigint NOT NULL REFERENCES kompang.import ON DELETE CASCADE,
    line      bigint NOT NULL,
    reason    text NOT NULL,
    because   text NOT NULL,
    cells     jsonb NOT NULL,
    PRIMARY KEY (import_id, line)
);

-- 8 bytes of each number's hash, a row a batch, by which a second row with the same number is known also
-- after a restart; gone when the import is finished.
CREATE TABLE kompang.import_seen (
    import_id   bigint NOT NULL REFERENCES kompang.import ON DELETE CASCADE,
    byte_offset bigint NOT NULL,
    hashes      bytea NOT NULL,
    PRIMARY KEY (import_id, byte_offset)
);

GRANT SELECT, INSERT, DELETE ON kompang.import, kompang.import_error, kompang.import_seen TO kompang_gateway;
GRANT UPDATE (head_hash, plan, byte_offset, line, counts, finished_at) ON kompang.import TO kompang_gateway;
