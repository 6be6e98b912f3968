-- What lists say of a person's wish: a no, an opt-out, and which import it came with.

-- The person said no, and gave no permission since. The permission of a whole file does not count for them.
ALTER TABLE kompang.lead ADD COLUMN refused_at timestamptz;

-- The import that made this suppression; NULL once somebody else confirmed it, and for all others. Taking back an
-- import removes those that are its own.
ALTER TABLE kompang.suppression ADD COLUMN import_id bigint;
CREATE INDEX suppression_of_import ON kompang.suppression (import_id) WHERE import_id IS NOT NULL;
-- A stop word confirms the suppression of an import.
GRANT UPDATE (import_id) ON kompang.suppression TO kompang_gateway, kompang_dispatch;

-- `suppressions`: a list of people who are not to be contacted.
ALTER TABLE kompang.import ADD COLUMN kind text NOT NULL DEFAULT 'leads' CHECK (kind IN ('leads', 'suppressions'));

-- Of the audience, but without a message, because they were erased.
ALTER TABLE kompang.campaign_device ADD COLUMN erased integer NOT NULL DEFAULT 0;
