"""`make test`: the whole suite on SQLite, then on PostgreSQL, with servers of its own.

It starts what the suite needs on free loopback ports and ends all of it, whatever happens.
"""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

from tests.services import Missing, browser_programs, postgresql, redis


def suite(database: str, arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest on one database; return its exit code."""
    print(f"\n== The suite on {database} ==", flush=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "3",  # on two cores: some of the tests mostly wait
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        *arguments,
    ]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def main() -> int:
    """Run both halves; return 0 when both are green."""
    arguments = sys.argv[1:]
    try:
        browser_programs()
    except Missing as missing:
        print(f"NOT TESTED: {missing}", flush=True)
    codes = [suite("SQLite and the filesystem broker", arguments, {})]
    with ExitStack() as servers:
        environment = {"DATABASE_URL": servers.enter_context(postgresql(is_durable=False))}
        try:
            environment["CELERY_BROKER_URL"] = servers.enter_context(redis())
        except Missing as missing:
            print(f"NOT TESTED: {missing}", flush=True)
        codes.append(suite("PostgreSQL and Redis", arguments, environment))
    return max(codes)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
