-- A gateway holds every good key in memory, so that neither a call nor a wrong key costs a statement. It asks for
-- `version` every second or two and reads the keys only when that has changed. A version is drawn, not counted:
-- it never comes again, also not after the database was restored to an earlier moment.
CREATE TABLE kompang.api_key_version (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO kompang.api_key_version DEFAULT VALUES;
GRANT SELECT ON kompang.api_key_version TO kompang_gateway;

ALTER TABLE kompang.api_key
    -- What an operator calls it.
    ADD COLUMN label        text NOT NULL DEFAULT '' CHECK (length(label) <= 100),
    -- Written by the gateways, at most once a minute.
    ADD COLUMN last_used_at timestamptz;
GRANT UPDATE (last_used_at) ON kompang.api_key TO kompang_gateway;

CREATE FUNCTION kompang.api_key_changed() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE kompang.api_key_version SET version = gen_random_uuid();
    RETURN NULL;
END $$;
CREATE TRIGGER api_key_changed
    AFTER INSERT OR DELETE OR UPDATE OF account_id, public_id, secret_hash, scopes, expires_at, revoked_at
    ON kompang.api_key FOR EACH STATEMENT EXECUTE FUNCTION kompang.api_key_changed();

-- Log-ins that were refused, for operators: a row for each place that they came from and reason. Gateways add to
-- the rows every few seconds, and forget the old ones and all but the newest.
CREATE TABLE kompang.failed_login (
    -- The address of the caller; of IPv6 its network.
    peer           text NOT NULL CHECK (length(peer) <= 64),
    reason         text NOT NULL CHECK (length(reason) <= 32),
    -- The public half of the key that was tried last; empty where there was no key.
    last_public_id text NOT NULL DEFAULT '' CHECK (length(last_public_id) <= 32),
    count          bigint NOT NULL,
    first_at       timestamptz NOT NULL DEFAULT now(),
    last_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (peer, reason)
);
CREATE INDEX failed_login_age ON kompang.failed_login (last_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON kompang.failed_login TO kompang_gateway;
