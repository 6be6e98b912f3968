-- A person can be removed: the lead's row stays, as the place that messages and enrollments hang on, without
-- anything of the person. What suppression knows them by stays in suppression, and nowhere else.

ALTER TABLE kompang.lead ADD COLUMN erased_at timestamptz;

GRANT DELETE ON kompang.consent TO kompang_gateway;
-- The hash of a text with a name in it.
GRANT UPDATE (text_hash) ON kompang.message TO kompang_gateway;
