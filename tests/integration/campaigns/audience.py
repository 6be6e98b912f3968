"""People for the audience of a campaign."""

from tests.integration.campaigns.conftest import Shop
from tests.support import rows

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, device_id, consent_at, attributes)
SELECT a.id, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea), d.ids[1 + n % cardinality(d.ids)],
    now(), jsonb_build_object('n', n::text)
FROM account a, (SELECT array_agg(id ORDER BY id) AS ids FROM device) d, generate_series(1, $1::int) n
"""


async def people(shop: Shop, count: int, devices: int = 3) -> None:
    account = await shop.owner.fetchval("SELECT id FROM account")
    await rows.devices(shop.owner, account, devices)
    await shop.owner.execute(_LEADS, count)
