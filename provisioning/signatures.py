"""Sign what webhooks tell, as the Standard Webhooks specification says, version 1.0.0.

A secret is not stored, and so needs no encryption: it is an HMAC-SHA-256 under TOKEN_KEY over the endpoint's
random salt. Whoever steals the table has nothing without the key. What is signed under TOKEN_KEY else begins
with a token's prefix, so that no token can be chosen whose hash were a secret.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.conf import settings

PREFIX = "whsec_"
PURPOSE = "hootprov webhook secret 1:"
SECRET_BYTES = 30  # 24 to 64 by the specification; 30 are 40 characters of base 64 without padding
SALT_BYTES = 32
VERSION = "v1"


def new_salt() -> str:
    """Make what a new secret is made from."""
    return secrets.token_urlsafe(SALT_BYTES)


def secret_of(salt: str) -> str:
    """Return the secret of a salt, as a receiver is given it."""
    key = hmac.new(settings.TOKEN_KEY.encode(), f"{PURPOSE}{salt}".encode(), sha256).digest()
    return f"{PREFIX}{b64encode(key[:SECRET_BYTES]).decode()}"


def headers(*, message_id: str, at: datetime, body: bytes, salts: Iterable[str]) -> dict[str, str]:
    """Return the three headers of a message, signed with each secret."""
    timestamp = str(int(at.timestamp()))
    signatures = [
        signature(secret_of(salt), message_id=message_id, timestamp=timestamp, body=body) for salt in salts
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(secret: str, *, message_id: str, timestamp: str, body: bytes) -> str:
    """Return one signature of a message.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...           timestamp="1614265330", body=b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(b64decode(secret.removeprefix(PREFIX)), content, sha256).digest()
    return f"{VERSION},{b64encode(digest).decode()}"
