-- An operator changes a device after it was linked, and lets a parked one send again; an account says in
-- whose notation the numbers of its imports are.

-- Grows with each change an operator makes; what the device goes through by itself does not count.
ALTER TABLE kompang.device ADD COLUMN version integer NOT NULL DEFAULT 1;

GRANT UPDATE (display_name, min_delay, max_delay, daily_cap, warmup_start, warmup_growth, state, state_reason,
    version, updated_at) ON kompang.device TO kompang_gateway;
GRANT UPDATE (country) ON kompang.account TO kompang_gateway;
