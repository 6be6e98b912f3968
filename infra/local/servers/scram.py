"""What Postgres keeps of a password, made here, so that a connection costs little."""

import base64
import hashlib
import hmac
import secrets


def verifier(password: str) -> str:
    """What `ALTER ROLE … PASSWORD` takes for a password that is random: hashed once (RFC 5802, RFC 7677).

    Postgres hashes 4,096 times, at both ends of every new connection, so that a guess at a person's password
    takes time. A password of 24 random bytes is not guessed.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256$1:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
