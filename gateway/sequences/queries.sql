-- Sequences and the revisions of their steps.

-- name: lock_account
-- One change of an account's sequences at a time: two concurrent links cannot make a circle together.
SELECT pg_advisory_xact_lock(hashtext('kompang.sequence'), $1)

-- name: get
SELECT s.id, s.slug, s.display_name, s.trigger, s.is_active, s.revision, s.version, s.on_unknown, s.on_reply, s.on_reenter,
    s.created_at, s.updated_at, coalesce(n.slug, '') AS next_slug,
    ARRAY(SELECT st."offset" FROM kompang.sequence_step st
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS offsets,
    ARRAY(SELECT st.text FROM kompang.sequence_step st
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS texts,
    ARRAY(SELECT ARRAY[coalesce(n.sent, 0), coalesce(n.delivered, 0), coalesce(n.read, 0)]
          FROM kompang.sequence_step st LEFT JOIN kompang.step_counts(s.id) n ON n.place = st.position
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS counts,
    first.greetings, first.variation
FROM kompang.sequence s
LEFT JOIN kompang.sequence n ON n.id = s.next_id
-- What a sequence says otherwise than its account stands in each of its steps.
LEFT JOIN kompang.sequence_step first
    ON first.sequence_id = s.id AND first.revision = s.revision AND first.position = 1
WHERE s.account_id = $1 AND s.slug = $2

-- name: list
-- An account has few sequences: its part of the unique key (account_id, slug) is read and sorted.
SELECT s.id, s.slug, s.display_name, s.trigger, s.is_active, s.revision, s.version, s.on_unknown, s.on_reply, s.on_reenter,
    s.created_at, s.updated_at, coalesce(n.slug, '') AS next_slug,
    ARRAY(SELECT st."offset" FROM kompang.sequence_step st
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS offsets,
    ARRAY(SELECT st.text FROM kompang.sequence_step st
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS texts,
    ARRAY(SELECT ARRAY[coalesce(n.sent, 0), coalesce(n.delivered, 0), coalesce(n.read, 0)]
          FROM kompang.sequence_step st LEFT JOIN kompang.step_counts(s.id) n ON n.place = st.position
          WHERE st.sequence_id = s.id AND st.revision = s.revision ORDER BY st.position) AS counts,
    first.greetings, first.variation
FROM kompang.sequence s
LEFT JOIN kompang.sequence n ON n.id = s.next_id
-- What a sequence says otherwise than its account stands in each of its steps.
LEFT JOIN kompang.sequence_step first
    ON first.sequence_id = s.id AND first.revision = s.revision AND first.position = 1
WHERE s.account_id = $1 AND s.id > $2
ORDER BY s.id
LIMIT $3

-- name: links
-- The whole graph of an account: circles and empty chains are looked for in memory.
SELECT s.id, s.slug, s.trigger, s.next_id, s.is_active,
    EXISTS (SELECT FROM kompang.sequence_step st
            WHERE st.sequence_id = s.id AND st.revision = s.revision) AS has_steps
FROM kompang.sequence s
WHERE s.account_id = $1

-- name: create
INSERT INTO kompang.sequence (account_id, slug, display_name, trigger, next_id, revision, on_unknown, on_reply, on_reenter)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (account_id, slug) DO NOTHING
RETURNING id

-- name: add_steps
INSERT INTO kompang.sequence_step (sequence_id, revision, position, "offset", text, greetings, variation)
SELECT $1, $2, step.position, step."offset", step.text, $5::jsonb, $6
FROM unnest($3::interval[], $4::text[]) WITH ORDINALITY AS step ("offset", text, position)

-- name: change
UPDATE kompang.sequence
SET display_name = $2, trigger = $3, next_id = $4, revision = $5, on_unknown = $6, on_reply = $7, on_reenter = $8, version = version + 1,
    updated_at = now()
WHERE id = $1 AND account_id = $9

-- name: set_active
UPDATE kompang.sequence
SET is_active = $2, version = version + 1, updated_at = now()
WHERE id = $1 AND account_id = $3 AND is_active <> $2

-- name: stop_words
-- Those that the account has added: what a text promises must be heard.
SELECT stop_words FROM kompang.account WHERE id = $1
