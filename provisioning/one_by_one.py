"""Do the same for many, so that what goes wrong with one of them stops none of the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from django.db import OperationalError

Each = TypeVar("Each")
logger = structlog.get_logger(__name__)


def one_by_one(items: Iterable[Each], work: Callable[[Each], object], *, what: str) -> int:
    """Do a piece of work for each; return for how many it was done.

    What goes wrong is logged. Raises: OperationalError, since a database that is away is so for all.
    """
    done = 0
    for item in items:
        try:
            work(item)
        except OperationalError:
            raise
        except Exception:
            logger.exception("background:failed", work=what, item=str(item))
        else:
            done += 1
    return done
