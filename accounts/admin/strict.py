"""The policy of the pages that must survive an injection: sign-in, and a secret shown once.

Such a page stands on `templates/console/plain.html`, which has no inline script or style and loads
nothing but our own few files; unfold's pages need `unsafe-eval` and can't be had under it.
"""

from typing import Final

from csp.constants import NONE, SELF
from csp.decorators import csp

STRICT_POLICY: Final = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}

strict = csp(STRICT_POLICY)
# A page that waits for a call asks us again and again; nobody else.
strict_and_waiting = csp(STRICT_POLICY | {"connect-src": [SELF]})
