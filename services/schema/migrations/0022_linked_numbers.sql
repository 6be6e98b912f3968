-- One account at a time has a number: of two sessions of one number the network closes the older, so that whoever
-- linked another account's number would have stopped its device.

ALTER TABLE kompang.device
    -- False: the number was given up (UnlinkDevice), and another account may link it.
    ADD COLUMN linked boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT device_unlinked_is_parked CHECK (linked OR state = 'parked');

-- So an operator says before this migration which devices give up their number (see the hint below).
UPDATE kompang.device SET linked = false WHERE state = 'parked' AND state_reason = 'unlinked';

DO $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(devices, '; ') INTO found
    FROM (
        SELECT string_agg(format('device %s of %s (%s)', d.id, a.slug, d.state), ', ' ORDER BY d.id) AS devices
        FROM kompang.device d JOIN kompang.account a ON a.id = d.account_id
        WHERE d.linked
        GROUP BY d.phone HAVING count(*) > 1
        ORDER BY min(d.id) LIMIT 20
    ) numbers;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'the same number is linked by more than one account: %', found USING
            HINT = 'Of each such group choose the device that keeps the number, and let the others give it up: '
                'UPDATE kompang.device SET state = ''parked'', state_reason = ''unlinked'', held_until = NULL, '
                'updated_at = now() WHERE id IN (...); then migrate again. Nothing was changed.';
    END IF;
END $$;

CREATE UNIQUE INDEX device_number ON kompang.device (phone) WHERE linked;

GRANT UPDATE (linked, held_until) ON kompang.device TO kompang_gateway;
