"""The spans of a plan, for rules at random: never at night, never beyond a day's cap, always to an end."""

import itertools
import random
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.support import rows

ZONES = ("UTC", "Asia/Kuala_Lumpur", "Europe/London", "America/New_York", "Asia/Kathmandu")
ROUNDS = 40
MESSAGES = 300

_RULES = """
WITH account AS (
    UPDATE account SET timezone = $1, quiet_from = $2, quiet_until = $3 RETURNING id
), device AS (
    UPDATE device SET daily_cap = $4, warmup_start = $5 RETURNING id
)
UPDATE device_pace SET sent_on = $6::date, sent_count = $7, first_sent_on = $6::date
"""
_PLAN = """
SELECT k, due.at, (due.at AT TIME ZONE a.timezone)::date AS day,
    EXISTS (SELECT FROM quiet_hours(due.at, a.timezone, a.quiet_from, a.quiet_until, 0, '{}') q
        WHERE q.ends_at IS NOT NULL) AS is_night,
    device_cap(d.daily_cap, d.warmup_start, d.warmup_growth,
        (due.at AT TIME ZONE a.timezone)::date - coalesce(p.first_sent_on, first.day)) AS cap
FROM device d JOIN account a ON a.id = d.account_id JOIN device_pace p ON p.device_id = d.id
CROSS JOIN LATERAL campaign_windows(d.id, $1, $2, $3) w
CROSS JOIN LATERAL (SELECT (w.opens[1] AT TIME ZONE a.timezone)::date AS day) first
CROSS JOIN LATERAL generate_series(0, $3 - 1) k
CROSS JOIN LATERAL (SELECT campaign_due($1, d.id, k, $2, 0, 0, a.timezone, w.opens, w.firsts) AS at) due
ORDER BY k
"""


@pytest.mark.parametrize("seed", range(2))
async def test_a_plan_keeps_its_rules(database, seed):
    dice = random.Random(seed)
    async with database.connection() as connection:
        account = await rows.account(connection)
        await rows.devices(connection, account, 1)
        for _ in range(ROUNDS):
            # From winter to summer and back: days of 23 and of 25 hours among them.
            anchor = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(365 * 1440))
            begins, ends = dice.sample(range(24), 2)
            quiet = [time(begins), time(ends)]
            zone, gap_s = dice.choice(ZONES), dice.choice((1.0, 10.0, 600.0, 7000.0))
            cap, start = dice.choice((0, 0, 5, 100)), dice.choice((0, 0, 3))
            sent_on = anchor.date() if dice.random() < 0.3 else None
            rules = (zone, *(quiet if dice.random() < 0.8 else (None, None)), cap, start)
            told = (rules, anchor, gap_s, sent_on)
            await connection.execute(_RULES, *rules, sent_on, 2 if sent_on else 0)
            plan = await connection.fetch(_PLAN, anchor, gap_s, MESSAGES)
            assert len(plan) == MESSAGES, told
            assert all(one["at"] < two["at"] for one, two in itertools.pairwise(plan)), told
            assert plan[0]["at"] >= anchor, told
            # A gap that is longer than what is left of a day ends behind its edge: the hand moves that one.
            edges = sum(one["is_night"] for one in plan)
            assert edges == 0 or gap_s > 600, told
            days: dict[object, int] = {}
            for one in plan:
                days[one["day"]] = days.get(one["day"], 0) + 1
                sent = 2 if one["day"] == sent_on else 0
                assert one["cap"] is None or days[one["day"]] <= one["cap"] - sent or gap_s > 600, told
