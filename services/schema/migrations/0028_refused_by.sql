-- By which column of which list the person said no, for the explanation; empty for none.
ALTER TABLE kompang.lead ADD COLUMN refused_by text NOT NULL DEFAULT '';
