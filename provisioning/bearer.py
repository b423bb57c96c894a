"""Secrets that a client sends as its bearer: how one is made, told from a mistyped one, and stored.

A prefix says what a secret opens, 43 random characters hold 256 bits, and the last six are a checksum,
so that a mistyped one costs no query. What is stored is an HMAC-SHA-256 of the whole, prefix and all,
under a key of its own: 256 random bits need no slow hash, a stolen table opens nothing without the key,
and a secret of one kind is never one of another.
"""

import hmac
import secrets
from hashlib import sha256
from zlib import crc32

from django.conf import settings

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43  # 62 ** 43 > 2 ** 256
CHECKSUM_LENGTH = 6


def new_secret(prefix: str) -> str:
    """Make a secret: prefix, 43 characters from the system's random source, checksum."""
    body = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + checksum_of(body)


def checksum_of(body: str) -> str:
    """Return the CRC-32 of a secret without its end, as six base-62 digits."""
    number, digits = crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def is_well_formed(secret: str, prefix: str) -> bool:
    """Whether a text can be a secret with this prefix at all: ASCII, its length and checksum."""
    length = len(prefix) + RANDOM_LENGTH + CHECKSUM_LENGTH
    if len(secret) != length or not secret.isascii() or not secret.startswith(prefix):
        return False
    body, checksum = secret[:-CHECKSUM_LENGTH], secret[-CHECKSUM_LENGTH:]
    return hmac.compare_digest(checksum_of(body), checksum)


def digest_of(secret: str) -> str:
    """Return what is stored in place of a secret."""
    return hmac.new(settings.TOKEN_KEY.encode(), secret.encode(), sha256).hexdigest()
