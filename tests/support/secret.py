"""The root secret of the tests, and the hashes of numbers under it."""

import secrets

from services.consent.phone_hash import PhoneHashes
from services.runtime.secret import RootSecret

SECRET = secrets.token_hex(32)
HASHES = PhoneHashes(RootSecret(SECRET.encode()).derived("phone"))
