"""What is never stored or printed: secrets in clear. And how a person is found without a name.

It is imported while settings load, so it must not import Django's models.
"""

import hmac
import re
from hashlib import sha256

from django.conf import settings

from accounts.keys import fold

# Public, so that secret scanners can find a leaked token: prefix, 43 random, 6 checksum.
# Beside them the secrets of webhooks, as Standard Webhooks spells them.
TOKEN_PATTERN = re.compile(r"\b(?:hp[tk]_[0-9A-Za-z]{8,}|whsec_[0-9A-Za-z+/]{8,})")


def mask_tokens(text: str) -> str:
    """Return the text with everything that looks like one of our tokens cut to its prefix.

    >>> mask_tokens("Bearer hpt_" + "a" * 49)
    'Bearer hpt_…'
    >>> mask_tokens("whsec_" + "a" * 40)
    'whsec_…'
    """
    return TOKEN_PATTERN.sub(lambda found: f"{found.group().partition('_')[0]}_…", text)


def identity_key(identity: str) -> str:
    """Return the keyed hash by which the log is searched for a person; empty for nobody.

    It outlives the erasure of the name itself and can't be turned back into one without the key.
    """
    if not identity:
        return ""
    return hmac.new(settings.LOG_KEY.encode(), fold(identity).encode(), sha256).hexdigest()
