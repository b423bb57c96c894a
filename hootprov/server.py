"""`python -m hootprov.server`: granian, with the product loaded before it forks its web workers.

They share what is loaded, start at once and come back at once. It takes granian's own options.
"""

import gc
import sys

from granian.cli import entrypoint

APPLICATION = "hootprov.wsgi:application"


def main() -> None:
    """Load the product, then serve it."""
    gc.disable()  # nothing that loading makes is garbage
    load()
    gc.collect()
    gc.freeze()  # what is loaded stays: the workers' collections needn't touch, and so copy, its pages
    gc.enable()
    sys.argv.append(APPLICATION)
    entrypoint()  # type: ignore[no-untyped-call]  # granian leaves it so


def load() -> None:
    """Import the application and whatever its URLs lead to."""
    from django.urls import get_resolver

    import hootprov.wsgi  # noqa: F401 - for the workers

    get_resolver().url_patterns  # noqa: B018 - read is loaded


if __name__ == "__main__":
    main()
