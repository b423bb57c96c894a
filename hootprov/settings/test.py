"""The suite: development with fixed keys, a cheap password hash, and tasks that run where they are called."""

import os

# A leaked test key opens nothing: these exist here alone.
os.environ.setdefault("SECRET_KEY", "test-" + "s" * 60)
os.environ.setdefault("TOKEN_KEY", "test-" + "t" * 60)
os.environ.setdefault("LOG_KEY", "test-" + "l" * 60)

from hootprov.settings.development import *  # noqa: F403 - the keys come first

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    # A file, as in the product: one in memory locks by table and has no write-ahead log.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
