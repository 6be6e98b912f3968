-- A list said so, and not an operator's words: `reason` is then the column of the list, or what its owner gave as the
-- reason. Apart from the text, which may be any; `import_id` goes once somebody confirms the suppression, this stays.
ALTER TABLE kompang.suppression ADD COLUMN by_list boolean NOT NULL DEFAULT false;
UPDATE kompang.suppression SET by_list = true WHERE import_id IS NOT NULL;
GRANT UPDATE (by_list) ON kompang.suppression TO kompang_gateway, kompang_dispatch;
