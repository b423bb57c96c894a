"""`python -m hootprov.server`: granian, with the product loaded before it forks its web workers.

They share what is loaded, start at once and come back at once. It takes granian's own options.
"""

import ctypes
import gc
import sys
from contextlib import suppress

from granian.cli import entrypoint

APPLICATION = "hootprov.wsgi:application"
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE_BYTES = 256 * 1024


def main() -> None:
    """Load the product, then serve it."""
    gc.disable()  # nothing that loading makes is garbage
    load()
    gc.collect()
    gc.freeze()  # what is loaded stays: the workers' collections needn't touch, and so copy, its pages
    gc.enable()
    give_back_what_is_large()
    sys.argv.append(APPLICATION)
    entrypoint()  # type: ignore[no-untyped-call]  # granian leaves it so


def load() -> None:
    """Import the application and whatever its URLs lead to."""
    from django.urls import get_resolver

    import hootprov.wsgi  # noqa: F401 - for the workers

    get_resolver().url_patterns  # noqa: B018 - read is loaded


def give_back_what_is_large() -> None:
    """Let glibc give back at once what a large answer took; any other C library does as it does.

    Left alone, it keeps up to 32 MB of a size that was used once, and cuts other things out of it.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


if __name__ == "__main__":
    main()
