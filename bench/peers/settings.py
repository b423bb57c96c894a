"""Settings that the Django peers share, of a production server: no middleware, HootProv's own connections and pragmas."""

import os
from urllib.parse import urlsplit

SECRET_KEY = os.environ["SECRET_KEY"]
TOKEN_KEY = os.environ["TOKEN_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
url = urlsplit(os.environ["DATABASE_URL"])
pragmas = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
    "PRAGMA wal_autocheckpoint=4000;"
)
sqlite = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": url.path[1:],
    "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": pragmas},
}
postgresql = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": url.path[1:],
    "USER": url.username,
    "HOST": url.hostname,
    "PORT": url.port,
}
kept = {"CONN_MAX_AGE": 600}  # and not asked each time whether it is alive, as HootProv's are not
DATABASES = {"default": (sqlite if url.scheme == "sqlite" else postgresql) | kept}
