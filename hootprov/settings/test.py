"""The suite: development with fixed keys, a cheap password hash, and tasks that run where they are called."""

import os

# A leaked test key opens nothing: these exist here alone.
os.environ.setdefault("SECRET_KEY", "test-" + "s" * 60)
os.environ.setdefault("TOKEN_KEY", "test-" + "t" * 60)
os.environ.setdefault("LOG_KEY", "test-" + "l" * 60)

from hootprov.settings.development import *  # noqa: E402, F403 - the keys come first

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]  # noqa: F405 - from development
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405 - from development
    # A file, as in the product: one in memory locks by table and has no write-ahead log.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405 - from development
