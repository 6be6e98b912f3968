-- What steps and wordings say. They never change.

-- name: templates
-- What steps say, which never changes.
SELECT id, text, greetings, variation FROM sequence_step WHERE id = ANY($1::bigint[]);

-- name: wordings
-- How accounts speak, or spoke: these never change either.
SELECT id, document FROM wording WHERE id = ANY($1::bigint[]);
