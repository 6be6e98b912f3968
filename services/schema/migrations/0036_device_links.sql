-- The link of a device to its network, the ends that it can come to, and what the hosts run to make it.

ALTER TABLE kompang.device
    -- What the network says that its ban is for: empty, or one of `kompang.dispatch.v1.BanReason` in small letters.
    ADD COLUMN ban_reason text NOT NULL DEFAULT '',
    -- What its telephone shows among the linked devices.
    ADD COLUMN label text NOT NULL DEFAULT '',
    -- A URL with what the proxy asks for, sealed with a key that the database does not have (`services/runtime/sealing.py`).
    ADD COLUMN proxy bytea;

-- What its sessions said last. A table of its own: it changes with each connection, and every hand reads `device`.
CREATE TABLE kompang.device_link (
    device_id integer PRIMARY KEY REFERENCES kompang.device,
    -- Under which it was said: a host that has lost the lease may have died without a word.
    epoch     bigint NOT NULL,
    state     text NOT NULL CHECK (state IN ('connected', 'disconnected', 'unpaired')),
    jid       text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);

-- By transport, the version of the client that the host runs.
ALTER TABLE kompang.host ADD COLUMN clients jsonb NOT NULL DEFAULT '{}';

-- Versions of clients of which the network takes no session any more. All devices on hosts that run one are held.
CREATE TABLE kompang.outdated_client (
    transport  text NOT NULL,
    version    text NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transport, version)
);

ALTER TABLE kompang.event
    -- Of a device that was banned: what for.
    ADD COLUMN ban_reason text;

GRANT UPDATE (ban_reason, label, proxy) ON kompang.device TO kompang_gateway;
GRANT UPDATE (ban_reason) ON kompang.device TO kompang_dispatch;
GRANT SELECT ON kompang.device_link TO kompang_gateway;
GRANT SELECT, INSERT, UPDATE ON kompang.device_link TO kompang_dispatch;
GRANT SELECT, INSERT ON kompang.outdated_client TO kompang_dispatch;
