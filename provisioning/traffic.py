"""Which threads of this process serve a request of Entra at this moment: what may wait gives way to them.

Python runs one thread at a time, so what computes for long in one thread makes every other wait.
"""

import threading
import time

PAUSE_SECONDS = 0.001
serving: set[int] = set()


def begin() -> None:
    """Say that this thread serves a request of Entra."""
    serving.add(threading.get_ident())


def end() -> None:
    """Say that it does no more."""
    serving.discard(threading.get_ident())


def give_way(*, most_seconds: float) -> None:
    """Wait while a request of Entra is served, but no longer than so long: who waits must get on too."""
    if not serving:
        return
    deadline = time.monotonic() + most_seconds
    while serving and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
