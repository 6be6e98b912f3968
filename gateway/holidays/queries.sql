-- Public holidays of the regions that accounts keep.

-- name: replace
-- The holidays of the regions $1 from $2 on become those given: what was moved or abolished goes.
WITH given AS (
    SELECT * FROM unnest($3::text[], $4::date[], $5::text[], $6::bool[]) AS g (region, day, name, is_estimated)
), gone AS (
    DELETE FROM kompang.public_holiday h
    WHERE h.region = ANY ($1::text[]) AND h.day >= $2
        AND NOT EXISTS (SELECT FROM given g WHERE g.region = h.region AND g.day = h.day)
)
INSERT INTO kompang.public_holiday AS h (region, day, name, is_estimated)
SELECT region, day, name, is_estimated FROM given ORDER BY region, day
ON CONFLICT (region, day) DO UPDATE SET name = EXCLUDED.name, is_estimated = EXCLUDED.is_estimated
WHERE (h.name, h.is_estimated) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.is_estimated)
