-- The texts of steps and wordings. They never change.

-- name: templates
-- The texts of steps, which never change.
SELECT id, text, greetings, variation FROM sequence_step WHERE id = ANY($1::bigint[]);

-- name: wordings
-- The wordings of accounts, also old ones, which never change either.
SELECT id, document FROM wording WHERE id = ANY($1::bigint[]);
