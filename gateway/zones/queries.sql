-- The time zones that Postgres knows.

-- name: names
-- Read once a process: Postgres opens a file for each, some 50 ms in all.
SELECT name FROM pg_timezone_names

-- name: country
-- Whose places an error names.
SELECT country FROM kompang.account WHERE id = $1
