"""Do the same for many, so that what goes wrong with one of them stops none of the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from django.db import OperationalError

Each = TypeVar("Each")
# PostgreSQL ended the statement, and nothing else: query_canceled by its time limit, and two at once in a deadlock.
ENDED = {"57014", "40P01"}
logger = structlog.get_logger(__name__)


def one_by_one(items: Iterable[Each], work: Callable[[Each], object], *, what: str) -> int:
    """Do a piece of work for each; return for how many it was done.

    What goes wrong is logged, a statement that took too long too. Raises: OperationalError, since a
    database that is away is so for all.
    """
    done = 0
    for item in items:
        try:
            work(item)
        except Exception as error:
            if (
                isinstance(error, OperationalError)
                and getattr(error.__cause__, "sqlstate", None) not in ENDED
            ):
                raise
            logger.exception("background:failed", work=what, item=str(item))
        else:
            done += 1
    return done
