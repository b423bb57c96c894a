"""A WSGI application that computes for half a millisecond and answers: about what a read costs HootProv, and no database.

How its slowest answers compare to its middle one is the doing of granian, with the product's flags, and of the machine. It is kinder to
both than a read: it has nothing to wait for, and no other thread gets in between before it is done.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

SECONDS = 0.0005
CONTENT = (
    b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}'
)
HEAD = [("Content-Type", "application/scim+json"), ("Content-Length", str(len(CONTENT)))]


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer after so much CPU time of this thread."""
    until = time.thread_time() + SECONDS
    while time.thread_time() < until:
        pass
    start_response("200 OK", HEAD)
    return [CONTENT]
