"""How often one caller may call: counted in windows of time, in the cache that every process shares.

Without Redis there is no such cache: then each process counts by itself, and what holds is the limit times
the number of processes. Redis that is away limits nobody more than that.
"""

import time
from typing import TYPE_CHECKING, ClassVar

import structlog
from django.conf import settings
from django.core.cache import BaseCache, caches
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import clock
from accounts.addresses import client_address
from provisioning.api.callers import Caller

if TYPE_CHECKING:
    from rest_framework.views import APIView

PAUSE_SECONDS = 10.0
logger = structlog.get_logger(__name__)


class Counts:
    """Counts in the shared cache, and for a while in this process alone when that can't be reached."""

    alone_until: ClassVar[float] = 0.0

    @classmethod
    def add(cls, key: str, *, seconds: int) -> int:
        """Count one more under a key that is forgotten after a while; return how many there are."""
        if time.monotonic() >= cls.alone_until:
            try:
                return counted(caches["throttles"], key, seconds)
            except RedisError:
                logger.exception("api:throttles-unshared")
                cls.alone_until = time.monotonic() + PAUSE_SECONDS
        return counted(caches["default"], key, seconds)


def counted(cache: BaseCache, key: str, seconds: int) -> int:
    """Count one more in a cache."""
    cache.add(key, 0, timeout=2 * seconds)
    try:
        return cache.incr(key)
    except ValueError:  # forgotten in between
        return 1


class PerCaller(BaseThrottle):
    """Limits each key, each person who is signed in, and each address of nobody known."""

    wait_seconds = 0.0

    def allow_request(self, request: Request, _view: "APIView") -> bool:
        """Whether a request may be served; each counts, also one that may not."""
        who = identity_of(request)
        now = clock.now().timestamp()
        waits = [0.0]
        for most, seconds in settings.API_THROTTLES:
            window = int(now // seconds)
            if Counts.add(f"{who}:{seconds}:{window}", seconds=seconds) > most:
                waits.append((window + 1) * seconds - now)
        self.wait_seconds = max(waits)
        return not self.wait_seconds

    def wait(self) -> float:
        """Return after how many seconds to try again."""
        return self.wait_seconds


def identity_of(request: Request) -> str:
    """Return under what a caller is counted."""
    if isinstance(request.auth, Caller):
        return f"{request.auth.kind}:{request.auth.id}"
    return f"address:{client_address(request._request)}"  # noqa: SLF001 - Django's own request
