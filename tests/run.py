"""`make test`: the whole suite on SQLite, then on PostgreSQL, with servers of its own.

It starts what the suite needs on free loopback ports and ends all of it, whatever happens.
"""

import os
import subprocess
import sys

from tests.services import postgresql


def suite(database: str, arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest on one database; return its exit code."""
    print(f"\n== The suite on {database} ==", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def main() -> int:
    """Run both halves; return 0 when both are green."""
    arguments = sys.argv[1:]
    codes = [suite("SQLite", arguments, {})]
    with postgresql() as url:
        codes.append(suite("PostgreSQL", arguments, {"DATABASE_URL": url}))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
